#include "crm/value.h"

namespace ct::crm {

ValueView view(const Value& value) {
    struct {
        ValueView operator()(std::monostate) const { return {}; }
        ValueView operator()(bool flag) const { return flag; }
        ValueView operator()(std::int64_t number) const { return number; }
        ValueView operator()(const std::string& text) const { return std::string_view(text); }
    } const viewer;
    return std::visit(viewer, value);
}

Value own(ValueView value) {
    struct {
        Value operator()(std::monostate) const { return {}; }
        Value operator()(bool flag) const { return flag; }
        Value operator()(std::int64_t number) const { return number; }
        Value operator()(std::string_view text) const { return std::string(text); }
    } const owner;
    return std::visit(owner, value);
}

}  // namespace ct::crm

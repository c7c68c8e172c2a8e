// The binary form of what recording_members.h lists. Private to recording.cpp.
//
//   whole numbers  7 bits a byte, lowest first, the high bit says that more come; signed ones zigzag
//   bool, enum     a byte · double: 8 bytes · id: 16 bytes
//   text           its length, its bytes
//   list           its length times two, its elements; a list that stands in this entry already: its number among the
//                  long ones, times two, plus one (a page goes into the engine and comes out of it again)
#pragma once

#include <bit>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

#include "crm/json_codec.h"
#include "sync/recording_members.h"

namespace ct::sync {

/// Names of the fields that the changes have, those of `extra` included.
[[nodiscard]] std::vector<std::string> field_names(crm::Model model, const crm::Changes& changes);
/// Changes with these fields and nothing in them; what is not known goes to `extra`.
[[nodiscard]] crm::Changes changes_of(crm::Model model, const std::vector<std::string>& names);
/// Changes with so many fields.
[[nodiscard]] crm::Changes changes_of(std::uint64_t count);

class BytesOut {
  public:
    using LongList = StepWriter::LongList;
    using Lists = std::vector<LongList>;
    /// `lists` remembers the long lists of the entry that `out` is.
    BytesOut(std::string& out, Lists& lists) : out_(out), lists_(lists) {}

    template <class T>
    void put(const T& value) {
        if constexpr (std::is_same_v<T, bool> || std::is_enum_v<T>) {
            out_.push_back(static_cast<char>(value));
        } else if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
            const auto wide = static_cast<std::int64_t>(value);
            number(static_cast<std::uint64_t>(wide) << 1 ^ static_cast<std::uint64_t>(wide >> 63));
        } else if constexpr (std::is_integral_v<T>) {
            number(value);
        } else if constexpr (std::is_same_v<T, double>) {
            const auto bits = std::bit_cast<std::uint64_t>(value);
            for (int i = 0; i < 8; ++i) out_.push_back(static_cast<char>(bits >> (8 * i)));
        } else if constexpr (std::is_same_v<T, std::string>) {
            number(value.size());
            out_.append(value);
        } else if constexpr (std::is_same_v<T, Uuid>) {
            out_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
        } else if constexpr (std::is_same_v<T, EngineImage>) {
            put(value.bytes);
        } else if constexpr (kIs<T, std::optional>) {
            put(value.has_value());
            if (value) put(*value);
        } else if constexpr (kIs<T, std::pair>) {
            put(value.first);
            put(value.second);
        } else if constexpr (kIs<T, std::vector>) {
            list(value);
        } else if constexpr (kIs<T, std::variant>) {
            out_.push_back(static_cast<char>(value.index()));
            std::visit([this](const auto& held) { this->put(held); }, value);
        } else {
            static_assert(HasMembers<T>);
            each_member<T>([&](const auto& member) { this->put_member(member, value); });
        }
    }

  private:
    static constexpr std::size_t kLong = 8;  // elements

    template <Shape kShape, class T, class M>
    void put_member(const Member<kShape, T, M>& member, const T& object) {
        if constexpr (kShape == Shape::names) {
            put(field_names(object.model, object.*member.pointer));
        } else if constexpr (kShape == Shape::count) {
            number((object.*member.pointer).fields.size());
        } else {
            put(object.*member.pointer);
        }
    }
    void number(std::uint64_t value) {
        char bytes[10];
        std::size_t count = 0;
        for (; value >= 0x80; value >>= 7) bytes[count++] = static_cast<char>(value | 0x80);
        bytes[count++] = static_cast<char>(value);
        out_.append(bytes, count);
    }
    template <class Element>
    void list(const std::vector<Element>& elements) {
        const bool is_long = elements.size() >= kLong;
        // A page's rows alone: other lists are made for the moment, and their room is soon another's.
        constexpr bool kStays = std::is_same_v<Element, PullRow>;
        for (std::size_t i = 0; kStays && is_long && i < lists_.size(); ++i) {
            if (is_the_same(lists_[i], elements)) return number(i * 2 + 1);
        }
        LongList made;
        const std::size_t before = out_.size();
        number(elements.size() * 2);
        made.begin = out_.size();
        for (const Element& element : elements) {
            made.last = out_.size();
            put(element);
        }
        if (!is_long) return;
        made.length = out_.size() - made.begin;
        for (std::size_t i = 0; i < lists_.size(); ++i) {
            if (lists_[i].length != made.length ||
                std::memcmp(&out_[lists_[i].begin], &out_[made.begin], made.length) != 0)
                continue;
            out_.resize(before);
            return number(i * 2 + 1);
        }
        if (kStays) made.elements = elements.data();
        made.count = elements.size();
        lists_.push_back(made);
    }
    /// A page goes into the engine and comes out of it again, moved and not copied: then it stands where it stood, and
    /// need not be written to be known again. Its ends are looked at all the same, should the room have been given back
    /// and filled anew.
    template <class Element>
    [[nodiscard]] bool is_the_same(const LongList& known, const std::vector<Element>& elements) {
        if (known.elements != elements.data() || known.count != elements.size()) return false;
        const std::size_t here = out_.size(), lists = lists_.size();
        const std::size_t begin = known.begin, end = begin + known.length, last_begin = known.last;
        put(elements.front());
        const std::size_t end_of_first = out_.size();
        put(elements.back());
        const std::string_view written(out_);
        const std::string_view first = written.substr(here, end_of_first - here), last = written.substr(end_of_first);
        const bool same =
            written.substr(begin, first.size()) == first && written.substr(last_begin, end - last_begin) == last;
        out_.resize(here);
        lists_.resize(lists);
        return same;
    }

    std::string& out_;
    Lists& lists_;
};

class BytesIn {
  public:
    explicit BytesIn(std::string_view bytes) : bytes_(bytes) {}

    [[nodiscard]] bool good() const { return good_; }
    [[nodiscard]] bool at_end() const { return at_ == bytes_.size(); }

    template <class T>
    void get(T& value) {
        if constexpr (std::is_same_v<T, bool>) {
            value = byte() != 0;
        } else if constexpr (std::is_enum_v<T>) {
            value = static_cast<T>(byte());
            if constexpr (kNames<T>.size() > 0) good_ = good_ && static_cast<std::size_t>(value) < kNames<T>.size();
        } else if constexpr (std::is_signed_v<T> && std::is_integral_v<T>) {
            const std::uint64_t zigzag = number();
            value = static_cast<T>(static_cast<std::int64_t>(zigzag >> 1 ^ (0 - (zigzag & 1))));
        } else if constexpr (std::is_integral_v<T>) {
            value = static_cast<T>(number());
        } else if constexpr (std::is_same_v<T, double>) {
            std::uint64_t bits = 0;
            for (int i = 0; i < 8; ++i) bits |= static_cast<std::uint64_t>(byte()) << (8 * i);
            value = std::bit_cast<double>(bits);
        } else if constexpr (std::is_same_v<T, std::string>) {
            value = std::string(take(number()));
        } else if constexpr (std::is_same_v<T, Uuid>) {
            const std::string_view raw = take(value.bytes.size());
            if (good_) std::memcpy(value.bytes.data(), raw.data(), raw.size());
        } else if constexpr (std::is_same_v<T, EngineImage>) {
            get(value.bytes);
        } else if constexpr (kIs<T, std::optional>) {
            bool there = false;
            get(there);
            value.reset();
            if (there && good_) get(value.emplace());
        } else if constexpr (kIs<T, std::pair>) {
            get(value.first);
            get(value.second);
        } else if constexpr (kIs<T, std::vector>) {
            list(value);
        } else if constexpr (kIs<T, std::variant>) {
            alternative(value, byte(), std::make_index_sequence<std::variant_size_v<T>>{});
        } else {
            static_assert(HasMembers<T>);
            each_member<T>([&](const auto& member) {
                if (good_) get_member(member, value);
            });
        }
    }

  private:
    template <Shape kShape, class T, class M>
    void get_member(const Member<kShape, T, M>& member, T& object) {
        if constexpr (kShape == Shape::names) {
            std::vector<std::string> names;
            get(names);
            if (good_) object.*member.pointer = changes_of(object.model, names);
        } else if constexpr (kShape == Shape::count) {
            object.*member.pointer = changes_of(number());
        } else {
            get(object.*member.pointer);
        }
    }
    template <class Variant, std::size_t... kIndex>
    void alternative(Variant& value, std::size_t index, std::index_sequence<kIndex...>) {
        const bool known = ((index == kIndex && (get(value.template emplace<kIndex>()), true)) || ...);
        good_ = good_ && known;
    }
    template <class Element>
    void list(std::vector<Element>& elements) {
        const std::uint64_t told = number();
        elements.clear();
        if (told % 2 == 1) {
            if (told / 2 >= lists_.size()) good_ = false;
            if (!good_) return;
            const auto [begin, count] = lists_[told / 2];
            const std::size_t here = std::exchange(at_, begin);
            fill(elements, count);
            at_ = here;
            return;
        }
        if (told / 2 > bytes_.size() - at_) good_ = false;  // an element takes a byte at least
        if (!good_) return;
        const std::size_t begin = at_;
        fill(elements, told / 2);
        if (told / 2 >= kLong) lists_.emplace_back(begin, told / 2);
    }
    template <class Element>
    void fill(std::vector<Element>& elements, std::uint64_t count) {
        for (std::uint64_t i = 0; i < count && good_; ++i) get(elements.emplace_back());
    }
    [[nodiscard]] std::uint8_t byte() {
        const std::string_view one = take(1);
        return good_ ? static_cast<std::uint8_t>(one.front()) : std::uint8_t{0};
    }
    [[nodiscard]] std::string_view take(std::uint64_t length) {
        if (length > bytes_.size() - at_) good_ = false;
        if (!good_) return {};
        const std::string_view taken = bytes_.substr(at_, length);
        at_ += length;
        return taken;
    }
    [[nodiscard]] std::uint64_t number() {
        std::uint64_t value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            const std::uint8_t next = byte();
            value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        good_ = false;
        return 0;
    }

    static constexpr std::size_t kLong = 8;
    std::string_view bytes_;
    std::size_t at_ = 0;
    bool good_ = true;
    std::vector<std::pair<std::size_t, std::uint64_t>> lists_;  // of the long ones: where, and how many elements
};

}  // namespace ct::sync

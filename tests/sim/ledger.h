// What people were told, written down outside of everything that is tested: which values were reported saved (rule 3),
// and what the server answered to which operation (exactly once). The checks compare with it at the end.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/http_message.h"
#include "client/event.h"

namespace ct::sim {

/// One laptop's user.
class Ledger {
  public:
    /// Saved, as the program said. The last value of a field is what must be found: earlier ones may have been joined
    /// with it before they were sent.
    void saved(const std::vector<client::Edit>& edits);
    /// The machine stopped before the program could say: the edit is there or not.
    void perhaps(const std::vector<client::Edit>& edits);
    /// The user gave it up: a created record deleted before anybody saw it, or edits of it discarded.
    void forget(const Uuid& record);

    struct Promise {
        crm::Model model = crm::Model::lead;
        std::map<std::string, std::set<std::string>> fields;  ///< by name: JSON texts of which one must be found
        bool created = false, removed = false;
    };
    [[nodiscard]] const std::map<Uuid, Promise>& promises() const { return promises_; }

  private:
    void note(const std::vector<client::Edit>& edits, bool surely);
    std::map<Uuid, Promise> promises_;
};

/// What passes between all laptops and one server.
class Wire {
  public:
    /// After the server handled a request. Empty, or what was broken.
    [[nodiscard]] std::string passed(const http::Request& request, const http::Response& response, bool copies_about);
    void server_restored() { answers_.clear(); }
    [[nodiscard]] std::size_t pushes() const { return pushes_; }

  private:
    std::map<std::string, std::string> contents_;  // by operation id: as it came first
    std::map<std::string, std::string> answers_;   // by operation id: verdict and version, as given first
    std::size_t pushes_ = 0;
};

/// Members of changes by name, as JSON texts.
[[nodiscard]] nlohmann::json as_json(crm::Model model, const crm::Changes& changes);

}  // namespace ct::sim

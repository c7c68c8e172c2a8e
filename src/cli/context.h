// One run of colortouchctl: its options, and its session, opened when a command first needs it. Commands check what
// they were given before that: a mistyped name touches nothing.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "cli/command.h"
#include "cli/surroundings.h"
#include "client/config.h"
#include "client/network.h"
#include "client/session.h"

namespace ct::cli {

class Context {
  public:
    Context(Surroundings& surroundings, Options options) : surroundings_(surroundings), options_(std::move(options)) {}

    [[nodiscard]] const Options& options() const { return options_; }
    [[nodiscard]] Surroundings& surroundings() { return surroundings_; }
    [[nodiscard]] std::ostream& out() { return surroundings_.out; }
    [[nodiscard]] bool json() const { return options_.json; }

    /// Finds or makes the profile, takes its lock and opens its database.
    [[nodiscard]] Result<client::Session*> session();
    /// Where the profile is; `session()` opens it.
    [[nodiscard]] Result<client::Profile> locate() const;
    /// After an error that says that the database is damaged: makes it anew, and says so.
    void heal(const Error& error);
    /// Valid after `session()`.
    [[nodiscard]] const client::Profile& profile() const { return profile_; }
    [[nodiscard]] const client::Config& config() const { return config_; }

    /// A short exchange with a server, as `status` and `doctor` ask: people wait for them.
    [[nodiscard]] client::NetAnswer ask(const std::string& server_url, client::NetJob::Kind kind,
                                        http::Request request) const;

  private:
    Surroundings& surroundings_;
    Options options_;
    client::Profile profile_;
    client::Config config_;
    std::unique_ptr<client::Session> session_;
};

/// The id of whom a name, an address or "me" means; asks the server where it is not known here. NO_SUCH_PERSON,
/// AMBIGUOUS_PERSON; NOT_SIGNED_IN or PEOPLE_UNKNOWN where no names are known. (people.cpp)
[[nodiscard]] Result<std::string> id_of_person(client::Session& session, std::string_view typed);
/// "field=value" where the field means a person: with their id in place of a name, an address or "me"; all else as it
/// is. Errors as id_of_person. (people.cpp)
[[nodiscard]] Result<std::string> with_person(Context& context, crm::Model model, const std::string& text);
/// A field's value as it is typed, people likewise. (people.cpp)
[[nodiscard]] Result<crm::Value> given_value(Context& context, crm::Model model, crm::FieldId field,
                                             std::string_view typed);
/// "field=value" in any order, each field once, people likewise. Not yet validated as a whole. (people.cpp)
[[nodiscard]] Result<crm::Changes> given_changes(Context& context, crm::Model model,
                                                 std::span<const std::string> texts);

}  // namespace ct::cli

// The sample workspace: a small business in the middle of its work. The same from every seed, with dates around today.
#include <iostream>
#include <span>

#include "app/server/commands.h"
#include "app/server/sample_names.h"
#include "base/utf8.h"
#include "crm/tables.h"
#include "server/accounts.h"
#include "server/service.h"
#include "sync/reply.h"
#include "sync/stamp.h"
#include "sync/wire.h"

namespace ct::app {

namespace {

using crm::Model;

constexpr std::string_view kWorkspace = "ColorTouch Demo";
constexpr std::string_view kAdmin = "demo@colortouch.example";
constexpr std::string_view kPassword = "colortouch-demo";
constexpr int kLeads = 200;
constexpr UnixMs kHour = 3'600'000, kDay = 24 * kHour;

/// Makes operations as a device of its own would.
class Sample {
  public:
    Sample(const Clock& clock, Random& ids, std::string device, std::string employee)
        : clock_(clock), random_(2'026), ids_(clock, ids), device_(std::move(device)), employee_(std::move(employee)) {}

    std::vector<sync::Operation> operations() {
        for (int i = 0; i < kLeads; ++i) lead(i);
        return std::move(made_);
    }

  private:
    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    bool chance(std::uint64_t percent) { return below(100) < percent; }
    template <class Range>
    std::string any(const Range& from) {
        return std::string(from[below(std::size(from))]);
    }

    /// A create whose values are by field name; returns the record's id.
    Uuid add(Model model, UnixMs at, std::vector<std::pair<std::string_view, crm::Value>> values) {
        sync::Operation& operation = made_.emplace_back();
        operation.id = ids_.next();
        operation.kind = sync::OperationKind::create;
        operation.model = model;
        operation.record = ids_.next();
        operation.stamp = sync::format_stamp(at, counter_++, device_);
        for (auto& [name, value] : values) operation.changes.set(crm::field(model, name), std::move(value));
        return operation.record;
    }

    void lead(int number) {
        const SamplePlace& place = kSamplePlaces[static_cast<std::size_t>(number) % kSamplePlaces.size()];
        const UnixMs enquiry =
            clock_.now() - static_cast<UnixMs>(below(120)) * kDay - static_cast<UnixMs>(below(24)) * kHour;
        const std::string status = chance(45)   ? "PENDING"
                                   : chance(50) ? "FOLLOW_UP"
                                   : chance(65) ? "CONVERTED"
                                                : "REJECTED";
        const bool converted = status == "CONVERTED";
        const auto amount = static_cast<std::int64_t>(5 + below(400)) * 50'000;
        std::vector<std::pair<std::string_view, crm::Value>> values{
            {"name", any(place.people)},
            {"city", std::string(place.city)},
            {"phone", phone(place)},
            {"source", any(crm::tables::kLeadSources)},
            {"status", status},
            {"amount", amount},
            {"currency", std::string("INR")},
            {"enquiryDate", enquiry},
            {"notes", any(kSampleNotes)},
        };
        if (chance(60)) values.emplace_back("company", any(place.firms));
        if (chance(55)) values.emplace_back("email", "office" + std::to_string(number) + "@customer.example");
        if (chance(70)) values.emplace_back("tag", any(std::array<std::string_view, 3>{"HOT", "WARM", "COLD"}));
        if (chance(30)) values.emplace_back("labels", std::string(chance(50) ? "fair" : "festival\nreferral"));
        if (converted) values.emplace_back("bookingDate", enquiry + static_cast<UnixMs>(3 + below(20)) * kDay);
        if (status == "REJECTED")
            values.emplace_back("lostReason", std::string(chance(50) ? "Price" : "Went with another firm"));
        if (chance(25)) values.emplace_back("ownerId", employee_);
        const std::string id = add(Model::lead, enquiry, std::move(values)).str();
        if (chance(50)) note(id, enquiry);
        if (converted || chance(15)) payments(id, number, amount, enquiry);
        if (!converted && status != "REJECTED") reminder(id, enquiry);
    }

    std::string phone(const SamplePlace& place) {
        std::string number = std::string(place.calling_code) + std::string(place.mobile);
        for (char& c : number) {
            if (c == '#') c = static_cast<char>('0' + below(10));
        }
        return number;
    }

    void note(const std::string& lead, UnixMs enquiry) {
        add(Model::note, enquiry + kDay,
            {{"leadId", lead},
             {"kind", any(std::array<std::string_view, 3>{"CALL", "VISIT", "NOTE"})},
             {"text", any(kSampleNotes)},
             {"at", enquiry + kDay}});
    }

    /// Two or three instalments of one order: the first are paid, the last is due around today.
    void payments(const std::string& lead, int number, std::int64_t amount, UnixMs enquiry) {
        const std::size_t parts = 2 + below(2);
        for (std::size_t part = 0; part < parts; ++part) {
            const bool last = part + 1 == parts;
            const UnixMs due = last ? clock_.now() + (static_cast<UnixMs>(below(40)) - 12) * kDay
                                    : enquiry + static_cast<UnixMs>(part + 1) * 7 * kDay;
            std::vector<std::pair<std::string_view, crm::Value>> values{
                {"leadId", lead},
                {"orderId", "ORD-" + std::to_string(1'000 + number)},
                {"amount", amount / static_cast<std::int64_t>(parts)},
                {"method", any(crm::tables::kPaymentMethods)},
                {"status", std::string(last ? "PENDING" : "COMPLETED")},
                {"dueDate", due},
            };
            if (!last) {
                values.emplace_back("paidAt", due);
                values.emplace_back("receiptNo", "DM-" + std::to_string(++receipts_));
            }
            add(Model::payment, enquiry + kHour, std::move(values));
        }
    }

    void reminder(const std::string& lead, UnixMs enquiry) {
        const UnixMs due =
            clock_.now() + (static_cast<UnixMs>(below(30)) - 9) * kDay + static_cast<UnixMs>(below(10)) * kHour;
        add(Model::reminder, enquiry + 2 * kHour,
            {{"leadId", lead},
             {"title", any(kSampleTasks)},
             {"reminderDate", due},
             {"type", any(crm::tables::kReminderTypes)},
             {"priority", any(crm::tables::kReminderPriorities)},
             {"isCompleted", due < clock_.now() && chance(60)}});
    }

    const Clock& clock_;
    SeededRandom random_;
    UuidGenerator ids_;
    const std::string device_, employee_;
    std::vector<sync::Operation> made_;
    std::uint16_t counter_ = 0;
    int receipts_ = 0;
};

Result<std::string> ask(server::Service& service, const std::string& path, std::string body, const std::string& token) {
    const http::Response response = service.handle(sync::api_request(path, std::move(body), token));
    if (response.status == 200) return response.body;
    const auto problem = sync::read_problem(response);
    return fail(ErrorKind::internal, problem ? problem->code : "INTERNAL",
                "demo: " + (problem ? problem->detail : path));
}

Result<void> push(server::Service& service, const sync::LoginAnswer& login, const std::string& device,
                  std::vector<sync::Operation> operations) {
    sync::PushRequest request;
    request.device_id = device;
    request.epoch = login.epoch;
    request.operations = std::move(operations);
    const auto body = ask(service, "/api/sync/push", sync::encode(request), login.token);
    if (!body) return fail(body.error());
    const auto answer = sync::decode_push_answer(*body);
    if (!answer) return fail(answer.error());
    for (const auto& result : answer->results) {
        if (result.verdict != sync::Verdict::applied)
            return fail(ErrorKind::internal, "DEMO", "demo: " + result.error.message);
    }
    return {};
}

/// The workspace, made when it is not there: an earlier run may have been killed between any two steps.
Result<server::Workspace> demo_workspace(server::Storage& storage) {
    auto all = storage.workspaces();
    if (!all) return fail(all.error());
    for (server::Workspace& workspace : *all) {
        if (workspace.name == kWorkspace) return std::move(workspace);
    }
    return server::create_workspace(storage, system_clock(), system_random(), std::string(kWorkspace));
}

/// Makes those who are missing; returns the employee's id.
Result<std::string> make_people(server::Storage& storage, const server::Workspace& workspace) {
    server::Passwords passwords{server::PasswordCost{}};
    const server::NewUser people[] = {
        {std::string(kAdmin), "Asha Demo", std::string(kPassword), server::Role::admin},
        {"manager@colortouch.example", "Manoj Manager", std::string(kPassword), server::Role::manager},
        {"employee@colortouch.example", "Esha Employee", std::string(kPassword), server::Role::employee},
    };
    std::string last;
    for (const auto& person : people) {
        auto user = server::find_user(storage, workspace, person.email);
        if (!user && user.error().code != "NO_USER") return fail(user.error());
        if (!user) user = server::create_user(storage, system_clock(), system_random(), passwords, workspace, person);
        if (!user) return fail(user.error());
        last = user->id;
    }
    return last;
}

/// All of it in one push, so that it is there whole or not at all.
Result<void> fill(server::Storage& storage, const std::string& employee) {
    server::Service service(storage, system_clock(), system_random());
    const std::string device = UuidGenerator(system_clock(), system_random()).next().str();
    const auto body = ask(service, "/api/auth/login",
                          sync::encode(sync::LoginRequest{std::string(kAdmin), std::string(kPassword),
                                                          std::string(kWorkspace), device, "Sample data"}),
                          {});
    if (!body) return fail(body.error());
    const auto login = sync::decode_login_answer(*body);
    if (!login) return fail(login.error());
    Sample sample(system_clock(), system_random(), device, employee);
    if (auto pushed = push(service, *login, device, sample.operations()); !pushed) return pushed;
    const auto left = ask(service, "/api/auth/logout", {}, login->token);
    return left ? Result<void>() : fail(left.error());
}

}  // namespace

Result<void> make_demo(server::Storage& storage) {
    const auto workspace = demo_workspace(storage);
    if (!workspace) return fail(workspace.error());
    const auto employee = make_people(storage, *workspace);
    if (!employee) return fail(employee.error());
    bool empty = false;
    {
        const auto look = storage.begin_read(workspace->key);
        if (!look) return fail(look.error());
        empty = (*look)->version() == 0;
    }
    if (empty) {
        if (auto filled = fill(storage, *employee); !filled) return filled;
    }
    std::cout << "workspace \"" << kWorkspace << "\": sign in as " << kAdmin << " with the password " << kPassword
              << '\n';
    return {};
}

}  // namespace ct::app

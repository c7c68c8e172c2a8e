#include "scene.h"

#include <array>
#include <utility>

#include "assets/fonts.h"
#include "crm/tables.h"
#include "ui/format.h"
#include "ui/sample_data.h"

namespace ct::pictures {
namespace {

using client::Indicator;
using crm::field_id;
using crm::Model;
using ui::Page;

constexpr UnixMs kNow = 1'795'600'800'000;  // 24 November 2026, 10:00 in India
constexpr UnixMs kHour = 3'600'000;

constexpr std::array kFirst{"Anita", "Vikram", "Sunita", "Rahul", "Deepa", "Karan", "Nisha", "Suresh", "Pooja", "Amit"};
constexpr std::array kLast{"Deshmukh", "Nair", "Gupta", "Reddy", "Bose", "Joshi", "Chawla", "Das"};
constexpr std::array kCities{"Pune", "Mumbai", "Nagpur", "Indore", "Jaipur", "Surat", "Bhopal"};
constexpr std::array kStatuses{"PENDING", "FOLLOW_UP", "CONVERTED", "REJECTED"};
constexpr std::array kTags{"HOT", "WARM", "COLD", "QUALIFIED"};

std::vector<crm::Record> more_leads() {
    std::vector<crm::Record> leads;
    for (std::size_t i = 0; i < 60; ++i) {
        crm::Record& lead = leads.emplace_back();
        lead.id.bytes[0] = 2;
        lead.id.bytes[15] = static_cast<std::uint8_t>(i);
        lead.model = Model::lead;
        lead.version = 1;
        lead.created_at = lead.updated_at = kNow - static_cast<UnixMs>(i + 1) * 7 * kHour;
        crm::Changes changes;
        changes.set(field_id(Model::lead, "name"),
                    std::string(kFirst[i % kFirst.size()]) + " " + kLast[i * 3 % kLast.size()]);
        changes.set(field_id(Model::lead, "city"), std::string(kCities[i * 5 % kCities.size()]));
        changes.set(field_id(Model::lead, "phone"), "+91 98" + std::to_string(10'000'000 + i * 73'129));
        changes.set(field_id(Model::lead, "status"), std::string(kStatuses[i * 7 % kStatuses.size()]));
        changes.set(field_id(Model::lead, "tag"), std::string(kTags[i * 3 % kTags.size()]));
        changes.set(field_id(Model::lead, "amount"), static_cast<std::int64_t>((i * 37 % 90 + 5) * 1'000'00));
        changes.set(field_id(Model::lead, "currency"), std::string("INR"));
        crm::apply(lead, changes);
    }
    return leads;
}

constexpr const char* kCustomers =
    "Name;Firm;Mobile no;Town;Budget;Asked on\n"
    "Meera Kulkarni;Kulkarni Interiors;98765 43210;Pune;1,50,000;21/11/2026\n"
    "Imran Qureshi;;98200 11223;Mumbai;75,000.50;19/11/2026\n"
    "Tenzin Dorje;Dorje Homestay;94180 00000;Leh;;17/11/2026\n";

std::vector<store::Attachment> some_files() {
    using State = store::AttachmentState;
    const auto file = [](std::uint8_t number, const char* name, std::int64_t size, State state, std::int64_t offset) {
        store::Attachment made;
        made.id.bytes[15] = number;
        made.name = name;
        made.size = size;
        made.state = state;
        made.offset = offset;
        return made;
    };
    store::Attachment refused = file(5, "walkthrough.mov", 240'000'000, State::failed, 0);
    refused.error_message = "larger than the server takes";
    return {file(1, "Quotation 2026-118.pdf", 182'000, State::done, 0),
            file(2, "Living room.jpg", 3'400'000, State::queued, 1'300'000),
            file(3, "Signed order.pdf", 96'000, State::queued, 0),
            file(4, "Floor plan.dwg", 8'100'000, State::remote, 0), refused};
}

const crm::Record& first_lead(Stage& stage) {
    for (const crm::Record& lead : stage.app().state().table(Model::lead).all()) {
        if (crm::title(lead) == "Asha Kulkarni") return lead;
    }
    return stage.app().state().table(Model::lead).at(0);
}

Scene page(std::string name, Page which, std::function<void(Stage&)> also = {}) {
    return {std::move(name), [which, also = std::move(also)](Stage& stage) {
                stage.fill();
                stage.sync(Indicator::synced);
                if (also) also(stage);
                stage.app().desk().page = which;
            }};
}

/// The first lead in the drawer, on one of its tabs.
Scene drawer(std::string name, ui::Drawer::Tab tab) {
    return {std::move(name),
            [](Stage& stage) {
                stage.fill();
                stage.sync(Indicator::synced);
                stage.app().desk().page = Page::leads;
                stage.app().desk().open(Model::lead, first_lead(stage).id);
            },
            [tab](Stage& stage) { stage.app().shell().drawer().choose(tab); }};
}

/// A page of somebody who has just begun.
Scene empty(std::string name, Page which) {
    return {"empty-" + std::move(name), [which](Stage& stage) {
                stage.sync(Indicator::local_only);
                stage.app().desk().page = which;
            }};
}

Scene popover(std::string name, Indicator indicator, std::int64_t waiting) {
    return {"sync-" + std::move(name), [indicator, waiting](Stage& stage) {
                stage.fill();
                stage.sync(indicator, waiting);
                stage.app().desk().page = Page::leads;
                stage.app().shell().indicator().open();
            }};
}

}  // namespace

UnixMs Stage::FixedClock::now() const { return kNow; }

Stage::Stage(client::Theme theme, float scale)
    : fonts_{assets::inter_regular(), assets::inter_semibold(), assets::icon_font(), ui::FallbackFonts{}} {
    ui::AppOptions options;
    options.config.theme = theme;
    options.config.scale = scale;
    options.config.reduced_motion = true;
    options.config.message_template = "Hello {name}, {me} from Sunrise Interiors here.";
    options.config.business_name = "Sunrise Interiors";
    options.clock = &clock_;
    options.random = &random_;
    options.fonts = &fonts_;
    options.about = "ColorTouch. Records: ~/.local/share/colortouch";
    options.post = [this](client::Command command) { commands_.push_back(std::move(command)); };
    options.save_document = [](const std::string& name, const std::string&) -> Result<std::string> { return name; };
    options.restore = [](const std::string&, const std::string&) {};
    app_ = std::make_unique<ui::App>(std::move(options));
    app_->handle(client::LoadDone{});
}

Stage::~Stage() = default;

void Stage::fill() {
    ui::add_sample_data(app_->desk());
    app_->handle(client::Loaded{Model::lead, more_leads()});
    for (const client::Command& command : std::exchange(commands_, {})) {
        const auto* commit = std::get_if<client::Commit>(&command);
        if (commit == nullptr) continue;
        store::Visible visible;
        for (const client::Edit& edit : commit->edits) {
            crm::Record record = *app_->state().find(edit.model, edit.record);
            record.sync_status = crm::SyncStatus::synced;
            record.version = 1;
            visible.changed.push_back(std::move(record));
        }
        app_->handle(client::Saved{commit->ticket, std::move(visible)});
    }
    app_->desk().toasts = {};
}

void Stage::sync(Indicator indicator, std::int64_t waiting) {
    client::SyncView view;
    view.indicator = indicator;
    view.queue.records = view.queue.operations = view.queue.sendable = waiting;
    view.queue.records_by_model[0] = waiting;
    view.queue.oldest_created_at = view.queue.oldest_unsettled_at = waiting > 0 ? kNow - 30 * kHour : 0;
    view.queue.bytes = waiting * 1'500;
    view.last_sync_at = kNow - 7 * 60'000;
    view.device_id = "0195f2aa-0000-7000-8000-00001234abcd";
    if (indicator == Indicator::syncing) {
        view.sending_total = waiting;
        view.sending_done = waiting / 3;
        view.bytes_sent = waiting * 500;
    }
    if (indicator == Indicator::pending) view.next_try_at = kNow + 2'000;
    if (indicator == Indicator::server_away) view.next_try_at = kNow + 600'000;
    if (indicator != Indicator::local_only) {
        view.server_url = "https://crm.example.com";
        view.user_id = "u1";
        view.user_name = "Asha Rao";
        view.user_email = "asha@example.com";
        view.workspace_name = "Sunrise Interiors";
    }
    app_->handle(client::SyncChanged{view});
    store::SyncHistoryRow row;
    row.started_at = kNow - 7 * 60'000;
    row.duration_ms = 640;
    row.pushed = 3;
    row.pulled = 12;
    row.outcome = "done";
    app_->desk().history = {row};
}

void Stage::conflicts() {
    const auto& payments = app_->state().table(Model::payment);
    store::Conflict conflict;
    conflict.theirs = payments.at(1);
    conflict.queued.operation.id.bytes[15] = 1;
    conflict.queued.operation.model = Model::payment;
    conflict.queued.operation.record = conflict.theirs.id;
    conflict.queued.state = sync::QueueState::conflict;
    conflict.queued.created_at = kNow - 3 * kHour;
    store::ConflictField field;
    field.field = field_id(Model::payment, "amount");
    field.base = std::int64_t{150'000'00};
    field.mine = std::int64_t{145'000'00};
    field.theirs = std::int64_t{175'000'00};
    field.clashes = true;
    conflict.fields.push_back(field);
    client::SyncView view = app_->state().sync();
    view.needs_you = 1;
    view.queue.conflicts = view.queue.operations = view.queue.records = 1;
    app_->handle(client::SyncChanged{view});
    app_->handle(client::ConflictsListed{{conflict}});
}

void Stage::answer() {
    if (app_->state().table(Model::lead).size() < 6) {  // nothing has happened yet, and that is known
        for (const client::Command& command : std::exchange(commands_, {})) {
            if (const auto* asked = std::get_if<client::ListActivity>(&command))
                app_->handle(client::ActivityListed{asked->query, {}});
        }
        return;
    }
    const auto row = [](std::string what, const crm::Record& of, UnixMs ago) {
        store::AuditRow made;
        made.what = std::move(what);
        made.model = of.model;
        made.record = of.id;
        made.at = kNow - ago;
        return made;
    };
    const auto& leads = app_->state().table(Model::lead);
    store::AuditRow changed = row("UPDATE", leads.at(0), 20 * 60'000);
    changed.before.set(field_id(Model::lead, "status"), std::string("PENDING"));
    changed.after.set(field_id(Model::lead, "status"),
                      crm::own(leads.at(0).fields.get(field_id(Model::lead, "status"))));
    changed.before.set(field_id(Model::lead, "city"), std::string("Mumbai"));
    changed.after.set(field_id(Model::lead, "city"), crm::own(leads.at(0).fields.get(field_id(Model::lead, "city"))));
    store::AuditRow theirs = row("PULLED", leads.at(1), 50 * 60'000);
    theirs.before.set(field_id(Model::lead, "tag"), std::string("COLD"));
    theirs.after.set(field_id(Model::lead, "tag"), std::string("WARM"));
    store::AuditRow lost = row("SUPERSEDED", leads.at(2), 26 * kHour);
    lost.before.set(field_id(Model::lead, "city"), std::string("Surat"));
    lost.after.set(field_id(Model::lead, "city"), std::string("Ahmedabad"));
    const auto& payments = app_->state().table(Model::payment);
    store::ActivityPage page;
    page.rows = {changed,
                 theirs,
                 row("CREATE", payments.at(0), 2 * kHour),
                 lost,
                 row("PULLED_CREATE", leads.at(4), 27 * kHour),
                 row("CREATE", leads.at(5), 28 * kHour)};
    page.older = store::AuditPosition{kNow - 28 * kHour, {}, {}, "CREATE"};
    for (const client::Command& command : std::exchange(commands_, {})) {
        if (const auto* asked = std::get_if<client::ListActivity>(&command))
            app_->handle(client::ActivityListed{asked->query, page});
        if (const auto* asked = std::get_if<client::ListTrail>(&command))
            app_->handle(client::TrailListed{asked->record, {changed, row("CREATE", payments.at(0), 50 * kHour)}});
        if (const auto* asked = std::get_if<client::ListAttachments>(&command))
            app_->handle(client::AttachmentsChanged{asked->record, some_files()});
        if (const auto* asked = std::get_if<client::ReadFile>(&command)) {
            app_->handle(client::FileRead{asked->file, std::make_shared<const std::string>(kCustomers), {}});
        }
    }
}

const std::vector<Scene>& scenes() {
    static const std::vector<Scene> all{
        {"first-run", [](Stage& stage) { stage.sync(Indicator::local_only); }},
        page("today", Page::today),
        page("leads", Page::leads),
        page("lead", Page::leads, [](Stage& stage) { stage.app().desk().open(Model::lead, first_lead(stage).id); }),
        drawer("timeline", ui::Drawer::Tab::timeline),
        drawer("files", ui::Drawer::Tab::files),
        page("pipeline", Page::pipeline),
        page("payments", Page::payments),
        page("reminders", Page::reminders),
        {"reminders-table", page("", Page::reminders).set_up,
         [](Stage& stage) { stage.app().shell().reminders().show_table(true); }},
        page("conflicts", Page::conflicts, [](Stage& stage) { stage.conflicts(); }),
        page("activity", Page::activity),
        page("settings", Page::settings,
             [](Stage& stage) {
                 client::StorageListed sizes;
                 sizes.database = 12'300'000;
                 sizes.attachments = 48'100'000;
                 sizes.log = 210'000;
                 stage.app().handle(sizes);
             }),
        page("import", Page::leads,
             [](Stage& stage) { stage.app().desk().import_wanted = "/home/asha/customers.csv"; }),
        page("duplicates", Page::leads, [](Stage& stage) { stage.app().desk().duplicates_wanted = true; }),
        empty("leads", Page::leads),
        empty("pipeline", Page::pipeline),
        empty("payments", Page::payments),
        empty("reminders", Page::reminders),
        empty("conflicts", Page::conflicts),
        empty("activity", Page::activity),
        page("palette", Page::leads, [](Stage& stage) { stage.app().shell().palette().open(); }),
        page("keys", Page::leads, [](Stage& stage) { stage.app().shell().keys().open(); }),
        popover("synced", Indicator::synced, 0),
        popover("pending", Indicator::pending, 3),
        popover("syncing", Indicator::syncing, 40),
        popover("offline", Indicator::offline, 12),
        popover("server-away", Indicator::server_away, 5),
        popover("login-page", Indicator::login_page, 5),
        popover("signed-out", Indicator::signed_out, 12),
        popover("local-trouble", Indicator::local_trouble, 2),
        popover("local-only", Indicator::local_only, 0),
    };
    return all;
}

}  // namespace ct::pictures

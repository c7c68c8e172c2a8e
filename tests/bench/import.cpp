// A file of 100,000 customers, as the window imports it: the worker reads and saves some rows at a time, and the window
// takes what became visible. Beside it: the same file through the CSV reader alone.
#include <chrono>
#include <filesystem>
#include <memory>
#include <thread>

#include "bench.h"
#include "client/client.h"
#include "client/state.h"
#include "crm/csv.h"
#include "crm/csv_columns.h"
#include "crm/tables.h"

namespace ct::bench {

namespace {

constexpr std::size_t kRows = 100'000;

/// As another program would write it: without ids. No two are one customer, but for some by their number.
std::string customers() {
    constexpr crm::FieldId kCompany = crm::field_id(crm::Model::lead, "company"),
                           kEmail = crm::field_id(crm::Model::lead, "email");
    std::string text;
    std::size_t count = 0;
    const auto add = [&text](std::vector<std::string> cells) {
        cells.erase(cells.begin());
        crm::write_csv_row(text, cells);
    };
    add(crm::csv_header(crm::Model::lead));
    for (const sync::Operation& operation : sample_creates(kRows, 3)) {
        crm::Record record;
        record.id = operation.record;
        crm::apply(record, operation.changes);
        const std::string mark = std::to_string(++count);
        record.fields.set(kCompany, std::string_view(std::string(record.fields.text(kCompany)) + " " + mark));
        record.fields.set(kEmail, std::string_view("office" + mark + "@customer.example"));
        add(crm::csv_row(record));
    }
    return text;
}

class Window {
  public:
    explicit Window(const std::string& profile) {
        client::ClientOptions options;
        options.profile = {profile, profile};
        auto opened = client::Client::open(std::move(options));
        if (!opened) give_up(opened.error().message);
        client_ = std::move(*opened);
        (void)wait_for<client::LoadDone>();
    }
    client::ImportReport import(std::shared_ptr<const std::string> text, bool dry_run) {
        client::StartImport start;
        start.ticket = ++ticket_;
        start.text = std::move(text);
        start.options.dry_run = dry_run;
        client_->post(std::move(start));
        client::ImportEnded ended = wait_for<client::ImportEnded>();
        if (ended.error) give_up(ended.error->message);
        return std::move(ended.report);
    }
    [[nodiscard]] std::size_t leads() const { return state_.table(crm::Model::lead).size(); }

  private:
    template <class T>
    T wait_for() {
        for (;;) {
            auto event = client_->poll();
            if (!event) {
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
                continue;
            }
            state_.apply(*event);
            if (T* found = std::get_if<T>(&*event)) return std::move(*found);
        }
    }

    client::State state_;
    std::unique_ptr<client::Client> client_;
    std::uint64_t ticket_ = 0;
};

}  // namespace

void bench_import() {
    const Directory directory;
    const std::string profile = directory.file("profile");
    std::filesystem::create_directories(profile);
    const auto text = std::make_shared<const std::string>(customers());
    std::size_t read = 0;
    const double alone = seconds([&] {
        crm::CsvReader reader(*text);
        std::vector<std::string> cells;
        for (auto more = reader.next(cells); more && *more; more = reader.next(cells)) ++read;
    });
    if (read != kRows + 1) give_up("the file is not what it should be");
    Window window(profile);
    const auto took = [&](const std::string& what, bool dry_run) {
        client::ImportReport done;
        const double time = seconds([&] { done = window.import(text, dry_run); });
        if (done.created + done.skipped != static_cast<std::int64_t>(kRows)) give_up(what + ": rows were refused");
        report(what, number(time, 1) + " s, " + number(static_cast<double>(done.created)) + " new",
               "read alone " + number(alone, 2) + " s");
        return done.created;
    };
    const std::int64_t tried = took("import, " + bytes(static_cast<std::int64_t>(text->size())) + ", tried", true);
    const std::int64_t made = took("import, the same, saved", false);
    if (made != tried || window.leads() != static_cast<std::size_t>(made))
        give_up("the window does not have all leads");
    if (took("import, the same, all known", false) != 0) give_up("a customer came twice");
}

}  // namespace ct::bench

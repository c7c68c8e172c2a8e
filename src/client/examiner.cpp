#include "client/examiner.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "client/rehearsal.h"

namespace ct::client {

namespace {

constexpr std::size_t kQueueShown = 5'000;
constexpr std::size_t kRoundsShown = 1'000;
constexpr std::size_t kMirrorPart = 5'000;
constexpr std::int64_t kLogAtMost = 256 * 1'024;

/// From a place in the file on: whole lines, and at most the newest so many bytes.
inspect::LogRead read_log(const std::string& file, std::int64_t from) {
    inspect::LogRead read;
    std::error_code problem;
    const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file, problem));
    if (problem) return read;
    if (from < 0 || from > size || size - from > kLogAtMost) {  // the file was changed for a new one, or much was said
        from = std::max<std::int64_t>(0, size - kLogAtMost);
        std::ifstream in(file, std::ios::binary);
        in.seekg(from);
        std::string skipped;
        if (from > 0 && std::getline(in, skipped)) from += static_cast<std::int64_t>(skipped.size()) + 1;
    }
    read.from = read.to = from;
    std::ifstream in(file, std::ios::binary);
    in.seekg(from);
    read.text.resize(static_cast<std::size_t>(size - from));
    in.read(read.text.data(), size - from);
    read.text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
    const std::size_t end = read.text.rfind('\n');
    read.text.resize(end == std::string::npos ? 0 : end + 1);
    read.to = from + static_cast<std::int64_t>(read.text.size());
    return read;
}

}  // namespace

Examiner::Examiner(Places places, const Clock& clock, std::function<void()> answered)
    : places_(std::move(places)), clock_(clock), answered_(std::move(answered)), thread_([this] { run(); }) {}

Examiner::~Examiner() {
    {
        const std::scoped_lock lock(mutex_);
        questions_.clear();
        stop_ = true;
    }
    asked_.notify_one();
    thread_.join();
}

void Examiner::ask(inspect::Question question) {
    {
        const std::scoped_lock lock(mutex_);
        questions_.push_back(std::move(question));
    }
    asked_.notify_one();
}

std::optional<inspect::Answer> Examiner::answer() {
    const std::scoped_lock lock(mutex_);
    if (answers_.empty()) return std::nullopt;
    inspect::Answer first = std::move(answers_.front());
    answers_.pop_front();
    return first;
}

void Examiner::reopen() { reopen_ = true; }

void Examiner::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        asked_.wait(lock, [this] { return stop_ || !questions_.empty(); });
        if (stop_) return;
        const inspect::Question question = std::move(questions_.front());
        questions_.pop_front();
        lock.unlock();
        std::visit([this](const auto& specific) { on(specific); }, question);
        lock.lock();
    }
}

void Examiner::tell(inspect::Answer answer) {
    {
        const std::scoped_lock lock(mutex_);
        answers_.push_back(std::move(answer));
    }
    answered_();
}

Result<store::Reader*> Examiner::reader() {
    if (reopen_.exchange(false)) reader_.reset();
    if (!reader_) {
        auto opened = store::Reader::open(places_.database);
        if (!opened) return fail(opened.error());
        reader_ = std::move(*opened);
    }
    return reader_.get();
}

void Examiner::on(const inspect::ListQueue&) {
    auto listed = std::make_shared<inspect::QueueListed>();
    auto from = reader();
    auto look = from ? (*from)->queue(kQueueShown) : Result<store::QueueLook>(fail(from.error()));
    if (look) {
        listed->look = std::move(*look);
    } else {
        listed->error = look.error();
    }
    tell(std::shared_ptr<const inspect::QueueListed>(std::move(listed)));
}

void Examiner::on(const inspect::ListRounds&) {
    auto from = reader();
    if (!from) return;
    auto rows = (*from)->history(kRoundsShown);
    if (rows) tell(inspect::RoundsListed{std::move(*rows)});
}

void Examiner::on(const inspect::FindRecord& question) {
    auto found = std::make_shared<inspect::RecordFound>();
    found->model = question.model;
    found->id = question.id;
    auto from = reader();
    auto look = from ? (*from)->record(question.model, question.id) : Result<store::RecordLook>(fail(from.error()));
    if (look) {
        found->look = std::move(*look);
    } else {
        found->error = look.error();
    }
    tell(std::shared_ptr<const inspect::RecordFound>(std::move(found)));
}

void Examiner::on(const inspect::RunQuery& question) {
    auto done = std::make_shared<inspect::QueryDone>();
    auto result = store::run_query(places_.database, question.sql, {}, stop_);
    if (result) {
        done->result = std::move(*result);
    } else {
        done->error = result.error();
    }
    tell(std::shared_ptr<const inspect::QueryDone>(std::move(done)));
}

void Examiner::on(const inspect::ReadLog& question) { tell(read_log(places_.log_file, question.from)); }

void Examiner::on(const inspect::ReadMirror& question) {
    auto from = reader();
    for (const crm::ModelDef& model : crm::models()) {
        inspect::MirrorPart part;
        part.ticket = question.ticket;
        part.model = model.model;
        std::vector<Uuid> ids;
        const auto visit = [&](crm::Record&& record) {
            if (stop_) return;
            ids.push_back(record.id);
            part.records.emplace_back(record.id, inspect::digest_of(record));
            if (part.records.size() < kMirrorPart) return;
            tell(std::exchange(part, {question.ticket, model.model, {}, false, {}, {}}));
        };
        Result<void> read = from ? (*from)->each(model.model, visit) : Result<void>(fail(from.error()));
        if (!read) part.error = read.error();
        std::sort(ids.begin(), ids.end());
        part.ids = std::move(ids);
        part.last = true;
        tell(std::move(part));
        if (stop_) return;
    }
}

void Examiner::on(const inspect::ReadDigests& question) {
    inspect::DigestsRead read;
    auto from = reader();
    if (!from) read.error = from.error();
    for (const auto& [model, id] : question.records) {
        if (read.error || stop_) break;
        const auto record = (*from)->get(model, id);
        if (!record) {
            read.error = record.error();
            break;
        }
        const bool there = record->has_value() && !(*record)->deleted;
        read.records.push_back({model, id, there ? std::optional(inspect::digest_of(**record)) : std::nullopt});
    }
    tell(std::move(read));
}

void Examiner::on(const inspect::ListFolder& question) {
    inspect::FolderListed listed{question.folder, {}, std::nullopt};
    auto entries = list_folder(question.folder);
    if (entries) {
        listed.entries = *std::move(entries);
    } else {
        listed.error = entries.error();
    }
    tell(std::move(listed));
}

void Examiner::on(const inspect::TryPage& question) {
    if (!question.seen) return;
    auto tried = rehearse(places_.database, places_.scratch, *question.seen, clock_, system_random());
    tell(std::make_shared<const inspect::PageTried>(std::move(tried)));
}

}  // namespace ct::client

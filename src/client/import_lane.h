// Imports as the worker does them: some rows at a time, so that saves and syncs have their turn between; each can be
// taken back as a whole, and then done again. One thread at a time.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/event.h"
#include "client/import.h"

namespace ct::client {

class ImportLane {
  public:
    ImportLane(ImportDoors doors, std::function<void(Event)> emit) : doors_(std::move(doors)), emit_(std::move(emit)) {}

    /// One behind the other. A file that cannot be imported at all ends at once, with its error.
    void start(StartImport request) { waiting_.emplace_back(std::move(request)); }
    void reverse(ReverseImport request) { waiting_.emplace_back(request); }
    void cancel();  ///< the one under way
    [[nodiscard]] bool busy() const { return run_ != nullptr || !waiting_.empty(); }
    void step();

  private:
    struct Run {
        std::uint64_t ticket = 0;
        bool dry_run = false, reversing = false;
        std::shared_ptr<const std::string> text;  // of `csv`
        std::unique_ptr<ImportRun> csv;
        std::vector<Edit> edits;  // else these, from `next`
        std::size_t next = 0;
        ImportReport report;  // of the edits
        std::int64_t rows_total = 0;
        std::vector<Edit> back;  // what takes away what is saved by now, in the order of saving
    };

    void begin(StartImport& request);
    void begin(ReverseImport& request);
    [[nodiscard]] Result<bool> go_on();
    [[nodiscard]] Result<bool> go_on_with_edits();
    [[nodiscard]] Result<std::vector<std::optional<Error>>> commit(std::vector<Edit>&& edits);
    [[nodiscard]] Result<Edit> inverse(const Edit& edit) const;
    void end(std::optional<Error> error, bool cancelled);

    ImportDoors doors_;
    std::function<void(Event)> emit_;
    std::deque<std::variant<StartImport, ReverseImport>> waiting_;
    std::unique_ptr<Run> run_;
    std::deque<std::pair<std::uint64_t, std::vector<Edit>>> reversible_;  // the youngest last
};

}  // namespace ct::client

// CSV into records: reads row by row, finds who is there already, and saves in chunks: one transaction each, every row
// an edit of its own (a row that the server refuses must not hold the others back). colortouchctl and the window's
// worker give it their doors to the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/event.h"
#include "client/import_types.h"
#include "store/store.h"

namespace ct::client {

struct ImportDoors {
    std::function<Result<void>(crm::Model, const std::function<void(std::vector<crm::Record>&&)>&)> load;
    /// As Store::load_part: an import looks at all leads in parts, so that saves have their turn between.
    std::function<Result<store::Store::Part>(crm::Model, std::optional<std::int64_t> before)> load_part;
    std::function<Result<std::optional<crm::Record>>(crm::Model, const Uuid&)> get;  ///< tombstones too
    /// Durable when it returns. The n-th error belongs to the n-th edit; no error: saved. A failure of the whole
    /// (the disk) ends the import.
    std::function<Result<std::vector<std::optional<Error>>>(std::vector<Edit>&&)> commit;
    std::function<Uuid()> new_id;
    std::function<void(std::int64_t rows)> progress = {};  ///< after every chunk; may be empty
    /// The id of whom a name, an e-mail address or "me" means; any error is the row's. Empty: people go by id alone.
    std::function<Result<std::string>(std::string_view typed)> person = {};
};

/// An import under way. One thread at a time.
class ImportRun {
  public:
    /// `text`: the whole file; it must outlive the run. Errors, with nothing saved: EMPTY_FILE, INVALID_CSV (the first
    /// line), those of CsvColumns::find, and of the disk.
    [[nodiscard]] static Result<std::unique_ptr<ImportRun>> begin(std::string_view text, ImportOptions options,
                                                                  ImportDoors doors);
    ~ImportRun();
    ImportRun(const ImportRun&) = delete;
    ImportRun& operator=(const ImportRun&) = delete;

    /// First some of the leads that are there already; then some rows more, in one transaction; false at the end of the
    /// file. A failure of the disk says how many rows went in; importing the file again goes on there.
    [[nodiscard]] Result<bool> step();
    [[nodiscard]] std::int64_t rows() const;  ///< read so far
    [[nodiscard]] ImportReport report();      ///< once; of what was done so far

  private:
    struct Impl;
    explicit ImportRun(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

/// All of it at once; errors as above.
[[nodiscard]] Result<ImportReport> import_csv(std::string_view text, const ImportOptions& options,
                                              const ImportDoors& doors);

/// What two leads of one customer have in common, strongest first: number, address, name and company.
[[nodiscard]] std::vector<std::string> likeness_keys(std::string_view name, std::string_view company,
                                                     std::string_view phone, std::string_view email,
                                                     std::string_view country);

/// All records of a model that lists show, as CSV by RFC 4180. Calls `write` with pieces of the text.
[[nodiscard]] Result<std::int64_t> export_csv(crm::Model model, const ImportDoors& doors,
                                              const std::function<Result<void>(std::string_view)>& write);

}  // namespace ct::client

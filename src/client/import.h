// CSV into records: reads row by row, finds who is there already, and saves in chunks: one transaction each, every row
// an edit of its own (a row that the server refuses must not hold the others back). colortouchctl and the window's
// worker give it their doors to the store.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/event.h"
#include "crm/csv_columns.h"

namespace ct::client {

/// A row whose record is known already, by the id column, or for leads by phone, e-mail, or name and company.
enum class OnDuplicate : std::uint8_t {
    skip,    ///< leave the record as it is
    update,  ///< take over the cells that are not blank and differ
    create,  ///< add another record all the same
};

struct ImportOptions {
    crm::Model model = crm::Model::lead;
    crm::CsvColumns::Map map;
    OnDuplicate on_duplicate = OnDuplicate::skip;
    bool dry_run = false;                ///< plan everything, save nothing
    std::string default_country = "IN";  ///< for phone numbers without a country code
    std::string currency = "INR";        ///< of amounts in rows that tell none
};

struct RejectedRow {
    std::int64_t line = 0;  ///< of the file, from 1
    std::string reason;
};

struct ImportReport {
    std::int64_t created = 0, updated = 0;
    std::int64_t skipped = 0;  ///< known already, or nothing differs
    std::vector<RejectedRow> rejected;
    std::vector<std::string> ignored_columns;
};

struct ImportDoors {
    std::function<Result<void>(crm::Model, const std::function<void(std::vector<crm::Record>&&)>&)> load;
    std::function<Result<std::optional<crm::Record>>(crm::Model, const Uuid&)> get;  ///< tombstones too
    /// Durable when it returns. The n-th error belongs to the n-th edit; no error: saved. A failure of the whole
    /// (the disk) ends the import.
    std::function<Result<std::vector<std::optional<Error>>>(std::vector<Edit>&&)> commit;
    std::function<Uuid()> new_id;
    std::function<void(std::int64_t rows)> progress = {};  ///< after every chunk; may be empty
};

/// `text`: the whole file. Errors, with nothing saved: EMPTY_FILE, INVALID_CSV (the first line), those of
/// CsvColumns::find. A failure of the disk midway says how many rows went in; importing the file again goes on there.
[[nodiscard]] Result<ImportReport> import_csv(std::string_view text, const ImportOptions& options,
                                              const ImportDoors& doors);

/// All records of a model that lists show, as CSV by RFC 4180. Calls `write` with pieces of the text.
[[nodiscard]] Result<std::int64_t> export_csv(crm::Model model, const ImportDoors& doors,
                                              const std::function<Result<void>(std::string_view)>& write);

}  // namespace ct::client

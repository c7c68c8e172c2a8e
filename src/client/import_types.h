// What an import is asked for and what it came to: plain values, for import.h and for the channel (event.h).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

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
    bool dry_run = false;                                          ///< plan everything, save nothing
    std::string default_country = "IN";                            ///< for phone numbers without a country code
    std::string currency = "INR";                                  ///< of amounts in rows that tell none
    std::map<std::int64_t, std::vector<std::string>> mended = {};  ///< cells in place of the file's, by line
};

struct RejectedRow {
    std::int64_t line = 0;  ///< of the file, from 1
    std::string reason;
    std::vector<std::string> cells = {};  ///< as they were tried; empty: the row could not be read at all
    std::string field = {};               ///< the one at fault, where it is one
};

struct ImportReport {
    std::int64_t created = 0, updated = 0;
    std::int64_t skipped = 0;  ///< known already, or nothing differs
    std::vector<RejectedRow> rejected;
    std::vector<std::string> ignored_columns;
};

}  // namespace ct::client

#include "server/storage/postgres/parameters.h"

namespace ct::server::postgres {

namespace {

using sql::Column;
using sql::ColumnType;

// src/include/catalog/pg_type.dat of PostgreSQL
constexpr unsigned kBool = 16, kInt8 = 20, kText = 25, kBoolArray = 1000, kTextArray = 1009, kInt8Array = 1016;

void append_number(std::string& out, std::uint64_t value, int bytes) {
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

void append_length(std::string& out, std::size_t length) { append_number(out, length, 4); }

unsigned element_type(ColumnType type) {
    switch (type) {
        case ColumnType::text: return kText;
        case ColumnType::integer: return kInt8;
        case ColumnType::flag: return kBool;
    }
    return kText;
}

/// One dimension, counted from 1: header, then each element with its length in front (array_recv in arrayfuncs.c).
std::string as_array(const Column& column) {
    std::string out;
    out.reserve(20 + column.bytes() + column.size() * 12);
    append_number(out, column.size() == 0 ? 0 : 1, 4);  // dimensions
    append_number(out, 1, 4);                           // there may be NULLs
    append_number(out, element_type(column.type()), 4);
    if (column.size() == 0) return out;
    append_length(out, column.size());
    append_number(out, 1, 4);
    for (std::size_t row = 0; row < column.size(); ++row) {
        if (column.is_null(row)) {
            append_number(out, 0xffff'ffff, 4);
            continue;
        }
        switch (column.type()) {
            case ColumnType::text: {
                const std::string_view words = column.words(row);
                append_length(out, words.size());
                out.append(words);
                break;
            }
            case ColumnType::integer:
                append_length(out, 8);
                append_number(out, static_cast<std::uint64_t>(column.number(row)), 8);
                break;
            case ColumnType::flag:
                append_length(out, 1);
                out.push_back(column.number(row) != 0 ? '\1' : '\0');
                break;
        }
    }
    return out;
}

}  // namespace

unsigned type_number(const sql::Parameter& parameter) {
    if (std::holds_alternative<std::int64_t>(parameter)) return kInt8;
    if (std::holds_alternative<bool>(parameter)) return kBool;
    const auto* const* column = std::get_if<const Column*>(&parameter);
    if (column == nullptr) return kText;
    switch ((*column)->type()) {
        case ColumnType::text: return kTextArray;
        case ColumnType::integer: return kInt8Array;
        case ColumnType::flag: return kBoolArray;
    }
    return kTextArray;
}

BoundParameters::BoundParameters(sql::Parameters parameters) {
    made_.reserve(parameters.size());  // the values point into it
    for (const sql::Parameter& parameter : parameters) {
        if (const auto* words = std::get_if<std::string_view>(&parameter)) {
            add(*words);
            continue;
        }
        std::string& bytes = made_.emplace_back();
        if (const auto* number = std::get_if<std::int64_t>(&parameter))
            append_number(bytes, static_cast<std::uint64_t>(*number), 8);
        else if (const auto* flag = std::get_if<bool>(&parameter))
            bytes.push_back(*flag ? '\1' : '\0');
        else
            bytes = as_array(*std::get<const Column*>(parameter));
        add(bytes);
    }
}

void BoundParameters::add(std::string_view bytes) {
    values_.push_back(bytes.data() == nullptr ? "" : bytes.data());  // a null pointer would be NULL
    lengths_.push_back(static_cast<int>(bytes.size()));
    formats_.push_back(1);
}

}  // namespace ct::server::postgres

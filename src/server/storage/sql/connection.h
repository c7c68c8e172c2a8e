// A database server as three small types: a connection, statements with parameters, rows as views. PostgreSQL and
// MySQL/MariaDB each implement them over their own C library; everything above speaks this.
//
// Error codes: DATABASE_LOST, DISK_FULL, DISK_ERROR, CANNOT_OPEN (kind disk), DATABASE_BUSY (busy: deadlock, lock not
// to be had, too many connections), DATABASE_DAMAGED (corrupt), NO_DATABASE (not_found), DATABASE (internal).
#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace ct::server::sql {

enum class ColumnType : std::uint8_t { text, integer, flag };

/// One column of a set: a value per row, so that one statement writes or finds them all.
class Column {
  public:
    explicit Column(ColumnType type) : type_(type) {}

    void text(std::string_view value) {
        bytes_.append(value);
        push(false);
    }
    void text_or_null(std::string_view value) {
        bytes_.append(value);
        push(value.empty());
    }
    void integer(std::int64_t value) {
        numbers_.push_back(value);
        push(false);
    }
    void flag(bool value) { integer(value ? 1 : 0); }
    void null() {
        if (type_ != ColumnType::text) numbers_.push_back(0);
        push(true);
    }

    [[nodiscard]] ColumnType type() const { return type_; }
    [[nodiscard]] std::size_t size() const { return nulls_.size(); }
    [[nodiscard]] bool is_null(std::size_t row) const { return nulls_[row]; }
    [[nodiscard]] std::int64_t number(std::size_t row) const { return numbers_[row]; }
    [[nodiscard]] std::string_view words(std::size_t row) const {
        const std::size_t from = row == 0 ? 0 : ends_[row - 1];
        return std::string_view(bytes_).substr(from, ends_[row] - from);
    }
    [[nodiscard]] std::size_t bytes() const { return bytes_.size(); }

  private:
    void push(bool is_null) {
        nulls_.push_back(is_null);
        if (type_ == ColumnType::text) ends_.push_back(bytes_.size());
    }
    ColumnType type_;
    std::string bytes_;
    std::vector<std::size_t> ends_;
    std::vector<std::int64_t> numbers_;
    std::vector<bool> nulls_;
};

/// $1, $2, … of a statement, in order. A view must live until the statement has run.
using Parameter = std::variant<std::int64_t, bool, std::string_view, const Column*>;
using Parameters = std::span<const Parameter>;

/// A statement's whole result: reading it cannot fail any more.
class Rows {
  public:
    virtual ~Rows() = default;
    [[nodiscard]] virtual bool next() = 0;  ///< false: there is no further row

    /// Of the present row; views live as long as this object.
    [[nodiscard]] std::string_view text(std::size_t column) const { return cells_[column].text; }
    [[nodiscard]] std::string string(std::size_t column) const { return std::string(text(column)); }
    [[nodiscard]] std::int64_t integer(std::size_t column) const {
        const std::string_view digits = text(column);
        std::int64_t value = 0;
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
        return value;
    }
    [[nodiscard]] bool flag(std::size_t column) const { return text(column) == "t" || text(column) == "1"; }
    [[nodiscard]] bool null(std::size_t column) const { return cells_[column].null; }

  protected:
    struct Cell {
        std::string_view text;  ///< empty for NULL
        bool null = false;
    };
    std::vector<Cell> cells_;
};

/// One thread at a time. The SQL texts are those that sql/texts.h makes with the help of the Backend.
class Connection {
  public:
    virtual ~Connection() = default;
    [[nodiscard]] virtual Result<std::unique_ptr<Rows>> query(const std::string& text, Parameters parameters) = 0;
    /// How many rows it touched. A set without rows is not sent.
    [[nodiscard]] virtual Result<std::int64_t> run(const std::string& text, Parameters parameters) = 0;
    /// Anything without parameters and rows.
    [[nodiscard]] virtual Result<void> execute(const std::string& text) = 0;
    /// An error may mean that it was committed all the same (the connection broke before the answer came).
    [[nodiscard]] virtual Result<void> commit() = 0;
    /// In a state to be used by somebody else: alive, and in no transaction.
    [[nodiscard]] virtual bool usable() const = 0;
    /// The other side is gone.
    [[nodiscard]] virtual bool lost() const = 0;

    [[nodiscard]] Result<std::unique_ptr<Rows>> query(const std::string& text,
                                                      std::initializer_list<Parameter> parameters) {
        return query(text, Parameters(parameters.begin(), parameters.size()));
    }
    [[nodiscard]] Result<std::int64_t> run(const std::string& text, std::initializer_list<Parameter> parameters) {
        return run(text, Parameters(parameters.begin(), parameters.size()));
    }
};

}  // namespace ct::server::sql

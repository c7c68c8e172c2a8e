// The pipeline: leads as cards in a column for each status, the last touched first. A card is dragged to another
// column, or moved with Ctrl+Left and Ctrl+Right.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ui/desk.h"

namespace ct::ui {

/// Which leads stand in which column, kept up to date by what changed: an edit among 1,000,000 leads costs a search and
/// a move of memory.
class Board {
  public:
    struct Card {
        UnixMs updated_at = 0;
        Uuid id;
        bool operator<(const Card& other) const {  // newest first
            return updated_at != other.updated_at ? updated_at > other.updated_at : other.id < id;
        }
    };
    struct Column {
        std::vector<Card> cards;
        std::map<std::string, std::int64_t, std::less<>> value;  ///< sum of the expected values, by currency
    };

    void update(const client::Table& leads);
    [[nodiscard]] std::size_t columns() const { return columns_.size(); }
    [[nodiscard]] const Column& column(std::size_t i) const { return columns_[i]; }

  private:
    /// What a row was counted as, so that it can be taken out again.
    struct Counted {
        std::size_t column = kNowhere;
        Card card;
        std::int64_t amount = 0;
        std::array<char, 4> currency{};
    };
    static constexpr std::size_t kNowhere = 255;

    [[nodiscard]] Counted look_at(const crm::Record& lead) const;
    void build(const client::Table& leads);
    void take_out(const Counted& counted);
    void put_in(const Counted& counted);
    void add_value(const Counted& counted, std::int64_t sign);

    std::uint64_t revision_ = 0;
    std::vector<Column> columns_;
    std::vector<Counted> rows_;  // by row of the table
};

class Pipeline {
  public:
    void draw(Desk& desk);

  private:
    void draw_column(Desk& desk, std::size_t index, float width, float height);
    void draw_card(Desk& desk, const crm::Record& lead, std::size_t column, float width);
    void follow_keys(Desk& desk, const Uuid& lead, std::size_t column);
    void move(Desk& desk, const Uuid& lead, std::size_t column);

    Board board_;
    std::optional<Uuid> follow_;  // moved by a key: the keyboard goes with it
};

}  // namespace ct::ui

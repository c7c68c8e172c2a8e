// Takes people out of texts: values become hashes under a key that only this object knows, and sentences lose what is
// somebody's. For the diagnostics file.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace ct::client {

/// One thread. First `learn`, then the rest.
class Mask {
  public:
    explicit Mask(Random& random) { random.fill(key_); }

    /// A value that is somebody's: `sentence` takes it out wherever it stands.
    void learn(std::string_view value);
    /// Where somebody's files are: becomes `stand_in`.
    void learn_path(std::string path, std::string stand_in);

    /// "#a1b2c3d4e5f60718": equal values, equal hashes; nothing else can be told from it.
    [[nodiscard]] std::string value(std::string_view text);
    /// Without learned values and paths, e-mail addresses, what looks like a telephone number or a large amount, and
    /// whatever stands in quotation marks. Ids, times, addresses of computers and our own words stay.
    [[nodiscard]] std::string sentence(std::string_view text);

    [[nodiscard]] std::int64_t hashed() const { return hashed_; }  ///< values so far

  private:
    struct Word {
        std::size_t begin, end;
    };
    [[nodiscard]] std::vector<Word> words_of(std::string_view text) const;
    [[nodiscard]] std::uint64_t hash(std::string_view text, const std::vector<Word>& words, std::size_t first,
                                     std::size_t count);
    [[nodiscard]] std::uint64_t keyed(std::string_view text) const;
    [[nodiscard]] std::size_t known_at(std::string_view text, const std::vector<Word>& words, std::size_t first);
    [[nodiscard]] std::string without_known(std::string_view text);
    [[nodiscard]] std::string without_quoted(std::string_view text);
    [[nodiscard]] std::string without_numbers(std::string_view text);

    std::array<std::uint8_t, 32> key_{};
    std::vector<std::uint64_t> known_;  // hashes of the words of learned values; sorted once `sentence` was asked
    bool sorted_ = true;
    std::vector<std::pair<std::string, std::string>> paths_;
    std::string joined_;
    std::int64_t hashed_ = 0;
};

}  // namespace ct::client

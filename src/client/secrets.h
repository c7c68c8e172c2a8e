// Where the server's token is kept: a file of its own that only its owner can read. The seam for a system keyring.
#pragma once

#include <string>

#include "base/result.h"

namespace ct::client {

class Secrets {
  public:
    explicit Secrets(std::string token_file) : token_file_(std::move(token_file)) {}

    /// Empty when there is none.
    [[nodiscard]] Result<std::string> token() const;
    [[nodiscard]] Result<void> save_token(const std::string& token) const;  ///< empty: forget it

  private:
    std::string token_file_;
};

}  // namespace ct::client

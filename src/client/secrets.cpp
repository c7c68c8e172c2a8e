#include "client/secrets.h"

#include "base/file.h"

namespace ct::client {

Result<std::string> Secrets::token() const {
    auto token = read_file(token_file_);
    if (!token && token.error().kind == ErrorKind::not_found) return std::string{};
    if (token) {
        while (!token->empty() && token->back() == '\n') token->pop_back();
    }
    return token;
}

Result<void> Secrets::save_token(const std::string& token) const {
    // An empty file is as good as none, and replacing is atomic where removing and writing is not.
    if (token.empty() && !path_exists(token_file_)) return {};
    return write_file_atomically(token_file_, token.empty() ? std::string{} : token + "\n", 0600);
}

}  // namespace ct::client

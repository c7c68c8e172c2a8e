// PostgreSQL tells of others' commits by LISTEN and NOTIFY. One channel for all: a listener of another schema of the
// same database hears too much, which costs it a look.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "server/storage/storage.h"

namespace ct::server::postgres {

inline constexpr std::string_view kChannel = "colortouchd";

[[nodiscard]] Result<std::unique_ptr<Changes>> listen(const std::string& url, const std::string& place);

}  // namespace ct::server::postgres

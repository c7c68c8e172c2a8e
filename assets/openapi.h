// The HTTP interface of colortouchd as OpenAPI 3.1, inside the executable.
#pragma once

#include <string_view>

namespace ct::assets {

[[nodiscard]] std::string_view openapi();

}  // namespace ct::assets

// Little helpers for pages that the server writes itself.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace ct::server {

/// For text and for quoted attributes: nothing of it is markup any more. Control characters are left out.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// The fields of a form, application/x-www-form-urlencoded, decoded. Of one that comes twice the first counts.
[[nodiscard]] std::map<std::string, std::string> form_fields(std::string_view body);

/// The value of a cookie in a Cookie header; empty: there is none.
[[nodiscard]] std::string_view cookie(std::string_view header, std::string_view name);

}  // namespace ct::server

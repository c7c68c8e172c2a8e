// Every answer that any test provokes must be one that the OpenAPI document knows.
#pragma once

#include "base/http_message.h"

namespace ct::server::test {

/// Checks the status against the document; addresses and methods that are not in it are refused with 404 and 405.
void check_documented(const http::Request& request, const http::Response& response);

}  // namespace ct::server::test

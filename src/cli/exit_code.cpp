#include "cli/exit_code.h"

namespace ct::cli {

ExitCode exit_code(const Error& error) {
    switch (error.kind) {
        case ErrorKind::invalid:
        case ErrorKind::not_found: return ExitCode::usage;
        case ErrorKind::denied: return ExitCode::sign_in;
        case ErrorKind::offline:
        case ErrorKind::protocol: return ExitCode::offline;  // whoever answered, our server it was not
        case ErrorKind::busy:
        case ErrorKind::disk:
        case ErrorKind::corrupt:
        case ErrorKind::newer:
        case ErrorKind::internal: break;
    }
    return ExitCode::local;
}

}  // namespace ct::cli

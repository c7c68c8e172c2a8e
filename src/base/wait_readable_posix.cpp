#include <poll.h>

#include "base/wait_readable.h"

namespace ct {

bool wait_readable(int descriptor, std::chrono::milliseconds at_most) {
    pollfd wanted{descriptor, POLLIN, 0};
    return ::poll(&wanted, 1, static_cast<int>(at_most.count())) > 0;
}

}  // namespace ct

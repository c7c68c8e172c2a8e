#include "server/storage/epoch.h"

#include "base/uuid.h"

namespace ct::server {

std::string new_epoch(Random& random) {
    Uuid epoch;
    random.fill(epoch.bytes);
    epoch.bytes[6] = static_cast<std::uint8_t>((epoch.bytes[6] & 0x0f) | 0x40);
    epoch.bytes[8] = static_cast<std::uint8_t>((epoch.bytes[8] & 0x3f) | 0x80);
    return epoch.str();
}

}  // namespace ct::server

#include "sync/mirror.h"

#include "base/digest.h"

namespace ct::sync {

std::uint64_t record_digest(const Uuid& id, std::int64_t version) {
    std::array<char, 24> bytes{};
    std::copy(id.bytes.begin(), id.bytes.end(), bytes.begin());
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[16 + i] = static_cast<char>(static_cast<std::uint64_t>(version) >> (8 * i) & 0xff);
    }
    return checksum64({bytes.data(), bytes.size()});
}

std::vector<Bucket> folded(const BucketSums& sums, std::size_t buckets) {
    std::vector<Bucket> fewer(buckets);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        fewer[i % buckets].count += sums[i].count;
        fewer[i % buckets].digest += sums[i].digest;
    }
    return fewer;
}

std::string digest_text(std::uint64_t digest) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (int shift = 60; shift >= 0; shift -= 4) text.push_back(kDigits[digest >> shift & 0xf]);
    return text;
}

}  // namespace ct::sync

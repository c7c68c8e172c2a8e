// What both sides know of a mirror without showing it: per model and bucket, how many records there are and one digest
// of their (id, version). Where the numbers are alike, the records are.
//
// A record's digest is checksum64 (base/digest.h) of its id's 16 bytes followed by its version as 8 bytes, lowest
// first; a bucket's digest is the sum of its records' digests modulo 2^64, so that it can be kept up one record at a
// time; the bucket of a record is the last byte of its id modulo the number of buckets. Deleted records do not count.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/uuid.h"
#include "crm/model.h"

namespace ct::sync {

/// The finest division, and the one that is kept up. Coarser ones are powers of two.
inline constexpr std::size_t kBuckets = 256;

[[nodiscard]] std::uint64_t record_digest(const Uuid& id, std::int64_t version);
[[nodiscard]] constexpr std::size_t bucket_of(const Uuid& id, std::size_t buckets = kBuckets) {
    return id.bytes[15] % buckets;
}

struct Bucket {
    std::int64_t count = 0;
    std::uint64_t digest = 0;

    void add(const Uuid& id, std::int64_t version) {
        ++count;
        digest += record_digest(id, version);
    }
    void remove(const Uuid& id, std::int64_t version) {
        --count;
        digest -= record_digest(id, version);
    }
    bool operator==(const Bucket&) const = default;
};

using BucketSums = std::array<Bucket, kBuckets>;
/// The same records in fewer buckets; their number divides kBuckets.
[[nodiscard]] std::vector<Bucket> folded(const BucketSums& sums, std::size_t buckets);

using IdsByModel = std::vector<std::pair<crm::Model, std::vector<Uuid>>>;

/// POST /api/sync/verify.
struct VerifyRequest {
    std::vector<crm::Model> models;  ///< empty: all
    std::size_t buckets = kBuckets;
    std::string cursor;  ///< where the client's pull stands; empty: as things are now
    /// Buckets whose records are wanted one by one. Those models alone are answered then.
    std::vector<std::pair<crm::Model, std::vector<std::size_t>>> list;
};

struct VersionedId {
    Uuid id;
    std::int64_t version = 0;
    bool operator==(const VersionedId&) const = default;
};
struct VerifyModel {
    crm::Model model = crm::Model::lead;
    std::vector<Bucket> buckets;
    std::vector<VersionedId> records;  ///< of the buckets that were asked for
};
struct VerifyAnswer {
    std::string epoch;
    std::int64_t version = 0;
    std::string from;     ///< the cursor of the request: records that changed after it do not count in `models`
    bool behind = false;  ///< more changed than is worth telling: pull first. `models` is empty
    IdsByModel moved;     ///< records that changed after it, gone ones too
    std::vector<VerifyModel> models;
};

/// What a comparison of the mirror with the server came to.
struct VerifyCounts {
    bool complete = false;      ///< every record was compared; false: it was cut off, or the server moved on too fast
    std::int64_t compared = 0;  ///< records
    std::int64_t differing = 0, repaired = 0;

    bool operator==(const VerifyCounts&) const = default;
};

[[nodiscard]] std::string digest_text(std::uint64_t digest);  ///< 16 hexadecimal digits

[[nodiscard]] std::string encode(const VerifyRequest& request);
[[nodiscard]] std::string encode(const VerifyAnswer& answer);
[[nodiscard]] Result<VerifyRequest> decode_verify_request(std::string_view body);
[[nodiscard]] Result<VerifyAnswer> decode_verify_answer(std::string_view body);

}  // namespace ct::sync

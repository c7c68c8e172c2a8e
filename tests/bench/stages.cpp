// What a first pull costs where, in processor time, one stage after the other: says what limits the figures of `pull`.
#include "base/digest.h"
#include "net/encoding.h"
#include "office.h"
#include "store/store.h"
#include "sync/reply.h"

namespace ct::bench {

namespace {

constexpr std::size_t kLeads = 100'000;

struct Spent {
    double server = 0, compress = 0, digest = 0, decompress = 0, decode = 0, apply = 0;
    std::int64_t plain = 0, sent = 0;
    int pages = 0;
};

Spent pull_in_stages(Office& office, const std::string& file, std::int64_t limit) {
    auto store = store::Store::open(file, system_clock(), system_random());
    if (!store) give_up(store.error().message);
    const sync::LoginAnswer login = office.sign_in((*store)->state().device_id);
    sync::PullRequest request;
    request.device_id = (*store)->state().device_id;
    request.epoch = login.epoch;
    request.limit = limit;
    Spent spent;
    for (bool more = true; more; ++spent.pages) {
        http::Response answer;
        spent.server += cpu_seconds([&] {
            answer = office.service().handle(sync::api_request("/api/sync/pull", sync::encode(request), login.token));
        });
        std::string packed, plain;
        spent.compress += cpu_seconds([&] { packed = *net::compress(net::Encoding::zstd, answer.body); });
        spent.digest += cpu_seconds([&] { (void)sha256(answer.body); });
        spent.decompress += cpu_seconds([&] { plain = *net::decompress(net::Encoding::zstd, packed, 64 << 20); });
        Result<sync::PullPage> page;
        spent.decode += cpu_seconds([&] { page = sync::decode_pull_page(plain); });
        if (!page) give_up(page.error().message);
        spent.plain += static_cast<std::int64_t>(plain.size());
        spent.sent += static_cast<std::int64_t>(packed.size());
        more = page->has_more;
        request.cursor = page->cursor;
        spent.apply += cpu_seconds([&] {
            if (auto applied = (*store)->apply(*page); !applied) give_up(applied.error().message);
        });
    }
    return spent;
}

}  // namespace

void bench_stages() {
    const Directory directory;
    Office office(directory.file("server.db"));
    office.fill(sample_creates(kLeads, 6));
    for (const std::int64_t limit : {10'000, 2'000}) {
        const Spent spent = pull_in_stages(office, directory.file(std::to_string(limit) + ".db"), limit);
        const auto ms = [](double seconds) { return number(seconds * 1e3) + " ms"; };
        report("100,000 leads in pages of " + std::to_string(limit),
               "client " + ms(spent.digest + spent.decompress + spent.decode + spent.apply),
               "digest " + ms(spent.digest) + ", unpack " + ms(spent.decompress) + ", decode " + ms(spent.decode) +
                   ", apply " + ms(spent.apply));
        report("… the server's part", ms(spent.server + spent.digest + spent.compress),
               "answer " + ms(spent.server) + ", digest " + ms(spent.digest) + ", pack " + ms(spent.compress) + "; " +
                   bytes(spent.plain) + " packed into " + bytes(spent.sent));
    }
}

}  // namespace ct::bench

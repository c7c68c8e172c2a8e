// Whatever is posted as a push: 200 with one result per operation, or a problem; never a crash, never a 500.
#include <nlohmann/json.hpp>

#include "base/random.h"
#include "fuzz.h"
#include "server/accounts.h"
#include "server/service.h"
#include "sync/reply.h"
#include "sync/wire.h"

using namespace ct;

namespace {

constexpr int kRunsPerSite = 2'000;
constexpr const char* kDevice = "01a209f5-1055-7de6-9c24-73eb3dbc96fb";

struct Site {
    Site() {
        storage = *server::open_storage("file::memory:", random);
        server::Passwords passwords(server::PasswordCost{1, 8 * 1'024});
        auto workspace = *server::create_workspace(*storage, clock, random, "W");
        (void)server::create_user(*storage, clock, random, passwords, workspace,
                                  {"a@example.org", "A", "a long password", server::Role::manager});
        service = std::make_unique<server::Service>(*storage, clock, random);
        const sync::LoginRequest login{"a@example.org", "a long password", {}, kDevice, "fuzz"};
        const auto answer = sync::decode_login_answer(
            service->handle(sync::api_request("/api/auth/login", sync::encode(login), {})).body);
        fuzz::require(answer.has_value());
        token = answer->token;
    }
    fuzz::FixedClock clock;
    SeededRandom random{1};
    std::unique_ptr<server::Storage> storage;
    std::unique_ptr<server::Service> service;
    std::string token;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::unique_ptr<Site> site;
    static int runs = 0;
    if (!site || ++runs % kRunsPerSite == 0) site = std::make_unique<Site>();
    const std::string body(fuzz::text(data, size));
    const auto answer = site->service->handle(sync::api_request("/api/sync/push", body, site->token));
    fuzz::require(answer.status == 200 || (answer.status >= 400 && answer.status < 500));
    if (answer.status != 200) return 0;
    const auto request = sync::decode_push_request(body);
    const auto read = sync::decode_push_answer(answer.body);
    fuzz::require(request.has_value());
    fuzz::require(read.has_value());
    fuzz::require(read->results.size() == request->operations.size());
    return 0;
}

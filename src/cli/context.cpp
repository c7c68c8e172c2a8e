#include "cli/context.h"

#include "base/log.h"
#include "client/rescue.h"

namespace ct::cli {
namespace {

// People and monitors wait for it: a server that takes longer counts as away.
constexpr std::int64_t kAskConnectMs = 2'000;
constexpr std::int64_t kAskTotalMs = 4'000;

}  // namespace

Result<client::Profile> Context::locate() const {
    return client::Profile::locate(options_.profile, surroundings_.program);
}

void Context::heal(const Error& error) {
    if (!session_ || !store::is_damage(error)) return;
    if (const auto rebuilt = session_->rebuild(error))
        surroundings_.err << "colortouchctl: " << client::rebuilt_notice(*rebuilt).message
                          << ". Run the command again\n";
}

Result<client::Session*> Context::session() {
    if (session_) return session_.get();
    auto profile = locate();
    if (!profile) return fail(profile.error());
    auto config = client::Config::load(profile->config_file());
    if (!config) return fail(config.error());
    config_ = *std::move(config);
    auto opened = client::Session::open(*profile, config_, surroundings_.clock, surroundings_.random,
                                        "colortouchctl " + surroundings_.version);
    if (!opened) return fail(opened.error());
    session_ = *std::move(opened);
    profile_ = *std::move(profile);
    // Only now: the file belongs to whoever holds the profile's lock. Standard error is for our own one line.
    log::to_file(profile_.log_file().string());
    if (const auto& rebuilt = session_->store().rebuilt())
        surroundings_.err << "colortouchctl: " << client::rebuilt_notice(*rebuilt).message << '\n';
    return session_.get();
}

client::NetAnswer Context::ask(const std::string& server_url, client::NetJob::Kind kind, http::Request request) const {
    client::NetJob job;
    job.kind = kind;
    job.base_url = server_url;
    job.ca_file = config_.ca_file;
    job.request = std::move(request);
    job.deadlines.connect_ms = kAskConnectMs;
    job.deadlines.total_ms = kAskTotalMs;
    client::Network network(surroundings_.clock);
    return network.run(job);
}

}  // namespace ct::cli

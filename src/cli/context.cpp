#include "cli/context.h"

#include "base/log.h"

namespace ct::cli {

Result<client::Session*> Context::session() {
    if (session_) return session_.get();
    auto profile = client::Profile::locate(options_.profile, surroundings_.program);
    if (!profile) return fail(profile.error());
    auto config = client::Config::load(profile->config_file());
    if (!config) return fail(config.error());
    config_ = *std::move(config);
    auto opened = client::Session::open(*profile, config_, surroundings_.clock, surroundings_.random);
    if (!opened) return fail(opened.error());
    session_ = *std::move(opened);
    // Only now: the file belongs to whoever holds the profile's lock. Standard error is for our own one line.
    log::to_file(profile->log_file().string());
    return session_.get();
}

}  // namespace ct::cli

#include "cli/context.h"

#include "base/log.h"
#include "client/rescue.h"

namespace ct::cli {

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
    auto opened = client::Session::open(*profile, config_, surroundings_.clock, surroundings_.random);
    if (!opened) return fail(opened.error());
    session_ = *std::move(opened);
    profile_ = *std::move(profile);
    // Only now: the file belongs to whoever holds the profile's lock. Standard error is for our own one line.
    log::to_file(profile_.log_file().string());
    if (const auto& rebuilt = session_->store().rebuilt())
        surroundings_.err << "colortouchctl: " << client::rebuilt_notice(*rebuilt).message << '\n';
    return session_.get();
}

}  // namespace ct::cli

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "app/desktop/doorbell.h"
#include "base/digest.h"

namespace ct::app {
namespace {

constexpr int kAnswerWithin_s = 2;
constexpr std::size_t kLongest = 200;  // bytes of what --open takes
constexpr char kHeard = '!';

class Socket {
  public:
    explicit Socket(int handle) : handle_(handle) {}
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (handle_ >= 0) ::close(handle_);
    }
    [[nodiscard]] int get() const { return handle_; }

  private:
    int handle_;
};

/// In the session's own directory where there is one: sockets do not belong on a synced or remote disk.
std::string place_of(const std::string& data_dir) {
    std::error_code ignored;
    const auto whole = std::filesystem::weakly_canonical(data_dir, ignored);
    const std::string name =
        "colortouch-" + to_hex(bytes_of(sha256(ignored ? data_dir : whole.string()))).substr(0, 16) + ".sock";
    const char* runtime = std::getenv("XDG_RUNTIME_DIR");
    if (runtime != nullptr && runtime[0] == '/' && std::filesystem::is_directory(runtime, ignored))
        return std::string(runtime) + "/" + name;
    return data_dir + "/window.sock";
}

std::optional<sockaddr_un> address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    return address;
}

void give_up_after(int socket, int seconds) {
    const timeval limit{seconds, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

}  // namespace

bool knock(const std::string& data_dir, const std::string& where) {
    const auto address = address_of(place_of(data_dir));
    const Socket socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!address || socket.get() < 0 || where.size() > kLongest) return false;
    give_up_after(socket.get(), kAnswerWithin_s);
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) return false;
    const std::string message = "open " + where;
    if (::send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) return false;
    char answer = 0;
    return ::recv(socket.get(), &answer, 1, 0) == 1 && answer == kHeard;
}

struct Doorbell::Impl {
    Impl(int listening, std::string path, std::function<void()> wake_up)
        : door(listening),
          stop(::eventfd(0, EFD_CLOEXEC)),
          file(std::move(path)),
          wake(std::move(wake_up)),
          thread([this] { listen(); }) {}

    ~Impl() {
        const std::uint64_t one = 1;
        while (::write(stop.get(), &one, sizeof one) < 0 && errno == EINTR) {
        }
        thread.join();
        ::unlink(file.c_str());
    }

    void listen() {
        for (;;) {
            std::array<pollfd, 2> waiting{{{door.get(), POLLIN, 0}, {stop.get(), POLLIN, 0}}};
            if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return;
            if (waiting[1].revents != 0) return;
            if ((waiting[0].revents & POLLIN) != 0) answer();
        }
    }

    void answer() {
        const Socket caller(::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (caller.get() < 0) return;
        give_up_after(caller.get(), kAnswerWithin_s);
        std::array<char, kLongest + 8> bytes{};
        const ssize_t count = ::recv(caller.get(), bytes.data(), bytes.size(), 0);
        const std::string_view message(bytes.data(), count > 0 ? static_cast<std::size_t>(count) : 0);
        if (!message.starts_with("open ")) return;
        {
            const std::scoped_lock lock(mutex);
            came.emplace_back(message.substr(5));
        }
        if (::send(caller.get(), &kHeard, 1, MSG_NOSIGNAL) < 0)
            return;  // it did not wait; the window rises all the same
        if (wake) wake();
    }

    Socket door, stop;
    std::string file;
    std::function<void()> wake;
    std::mutex mutex;
    std::vector<std::string> came;  // guarded by mutex
    std::thread thread;             // last: it uses all of the above
};

Doorbell::Doorbell(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Doorbell::~Doorbell() = default;

Result<std::unique_ptr<Doorbell>> Doorbell::hang(const std::string& data_dir, std::function<void()> wake) {
    const std::string path = place_of(data_dir);
    const auto failed = [&path](const std::string& why) {
        return fail(ErrorKind::disk, "CANNOT_LISTEN", "cannot listen at " + path + ": " + why);
    };
    const auto address = address_of(path);
    if (!address) return failed("the path is too long");
    const int door = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (door < 0) return failed(std::strerror(errno));
    // Whoever calls this holds the profile's lock: what is there is of a run that ended badly.
    ::unlink(path.c_str());
    if (::bind(door, reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 || ::listen(door, 4) != 0) {
        const std::string why = std::strerror(errno);
        ::close(door);
        return failed(why);
    }
    return std::unique_ptr<Doorbell>(new Doorbell(std::make_unique<Impl>(door, path, std::move(wake))));
}

std::vector<std::string> Doorbell::take() {
    const std::scoped_lock lock(impl_->mutex);
    return std::exchange(impl_->came, {});
}

}  // namespace ct::app

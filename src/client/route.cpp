#include "client/route.h"

#include <utility>

namespace ct::client {

net::HttpOutcome Route::send(const NetJob& job) {
    const auto client = client_for(job);
    if (!job.body) return client->send(job.request, job.deadlines);
    FileBody body(*job.body);
    return client->send(job.request, job.deadlines, true, &body);
}

void Route::cancel() {
    const std::scoped_lock lock(mutex_);
    if (client_) client_->cancel();
}

void Route::close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    if (client_) client_->close();
}

std::shared_ptr<net::HttpClient> Route::client_for(const NetJob& job) {
    const std::scoped_lock lock(mutex_);
    if (!client_ || base_url_ != job.base_url || ca_file_ != job.ca_file) {
        net::HttpClientOptions options{job.base_url, job.ca_file};
        options.simulator = simulator_;
        client_ = std::make_shared<net::HttpClient>(std::move(options));
        base_url_ = job.base_url;
        ca_file_ = job.ca_file;
        if (closed_) client_->close();
    }
    return client_;
}

}  // namespace ct::client

#include "testing/bigquery_server/rest/http_server.h"

#include <httplib.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <utility>

#include "testing/bigquery_server/store/schema.h"

namespace salvor::testing::bigquery {

namespace {

constexpr int kThreads = 128;  // a kept-alive connection holds one
constexpr int kPollMs = 25;
constexpr int kPatienceMs = 300'000;

// A connection that can be made to fail while its answer is written.
class Connection : public httplib::Stream {
 public:
  Connection(socket_t socket, const std::atomic<bool>& stopping)
      : socket_(socket), stopping_(stopping) {}

  [[nodiscard]] bool is_readable() const override { return Wait(POLLIN, kPatienceMs); }
  [[nodiscard]] bool is_writable() const override { return Wait(POLLOUT, kPatienceMs); }

  ssize_t read(char* into, size_t size) override {
    if (!is_readable()) return -1;
    return ::recv(socket_, into, size, 0);
  }

  ssize_t write(const char* from, size_t size) override {
    if (delivery_ == HttpAnswer::Delivery::kNothing) return -1;
    size_t allowed = size;
    if (delivery_ == HttpAnswer::Delivery::kHalf && after_headers_) {
      allowed = size / 2;
      delivery_ = HttpAnswer::Delivery::kNothing;
    }
    after_headers_ = true;
    size_t sent = 0;
    while (sent < allowed) {
      if (!is_writable()) return -1;
      const ssize_t some = ::send(socket_, from + sent, allowed - sent, MSG_NOSIGNAL);
      if (some <= 0) return -1;
      sent += static_cast<size_t>(some);
    }
    return allowed == size ? static_cast<ssize_t>(size) : -1;
  }

  void get_remote_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 0;
  }
  void get_local_ip_and_port(std::string& ip, int& port) const override {
    ip = "127.0.0.1";
    port = 0;
  }
  [[nodiscard]] socket_t socket() const override { return socket_; }

  // For the answer that is written next.
  void Deliver(HttpAnswer::Delivery delivery) {
    delivery_ = delivery;
    after_headers_ = false;
  }
  [[nodiscard]] HttpAnswer::Delivery Delivers() const { return delivery_; }

 private:
  bool Wait(short events, int patience_ms) const {
    for (int waited = 0; waited < patience_ms && !stopping_; waited += kPollMs) {
      pollfd entry{socket_, events, 0};
      const int ready = ::poll(&entry, 1, kPollMs);
      if (ready > 0) return true;
      if (ready < 0) return false;
    }
    return false;
  }

  const socket_t socket_;
  const std::atomic<bool>& stopping_;
  HttpAnswer::Delivery delivery_ = HttpAnswer::Delivery::kWhole;
  bool after_headers_ = false;
};

// The connection that this thread serves.
thread_local Connection* current_connection = nullptr;

HttpExchange ExchangeOf(const httplib::Request& request) {
  HttpExchange exchange;
  exchange.method = request.method;
  exchange.path = request.path;
  exchange.body = request.body;
  for (const auto& [name, value] : request.params) exchange.query.emplace(name, value);
  for (const auto& [name, value] : request.headers)
    exchange.headers.emplace(LowerCase(name), value);
  return exchange;
}

}  // namespace

class HttpServer::Listener : public httplib::Server {
 public:
  explicit Listener(HttpServer::Handler handler) : handler_(std::move(handler)) {
    const auto serve = [this](const httplib::Request& request, httplib::Response& response) {
      const HttpAnswer answer = handler_(ExchangeOf(request));
      response.status = answer.status;
      for (const auto& [name, value] : answer.headers) response.set_header(name, value);
      if (!answer.body.empty()) response.set_content(answer.body, answer.content_type);
      if (current_connection != nullptr) current_connection->Deliver(answer.delivery);
    };
    Get(".*", serve);
    Post(".*", serve);
    Put(".*", serve);
    Patch(".*", serve);
    Delete(".*", serve);
    new_task_queue = [] { return new httplib::ThreadPool(kThreads); };  // the server deletes it
    set_tcp_nodelay(true);
  }

  Result<int> Start(int port) {
    const bool bound =
        port == 0 ? (port = bind_to_any_port("127.0.0.1")) > 0 : bind_to_port("127.0.0.1", port);
    if (!bound) return Fail(Code::kUnavailable, "cannot listen on 127.0.0.1", std::to_string(port));
    thread_ = std::thread([this] { (void)listen_after_bind(); });
    while (!is_running()) std::this_thread::yield();
    return port;
  }

  void Stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    stop();
    thread_.join();
  }

 private:
  bool process_and_close_socket(socket_t sock) override {
    Connection connection(sock, stopping_);
    current_connection = &connection;
    bool usable = true;
    while (usable && !stopping_ && connection.is_readable()) {
      char next = 0;
      if (::recv(sock, &next, 1, MSG_PEEK) <= 0) break;
      bool closed = false;
      connection.Deliver(HttpAnswer::Delivery::kWhole);
      usable = process_request(connection, false, closed, nullptr) && !closed &&
               connection.Delivers() == HttpAnswer::Delivery::kWhole;
    }
    current_connection = nullptr;
    ::shutdown(sock, SHUT_RDWR);
    ::close(sock);
    return usable;
  }

  HttpServer::Handler handler_;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

HttpServer::HttpServer(Handler handler)
    : listener_(std::make_unique<Listener>(std::move(handler))) {}

HttpServer::~HttpServer() { Stop(); }

Result<int> HttpServer::Start(int port) { return listener_->Start(port); }

void HttpServer::Stop() { listener_->Stop(); }

}  // namespace salvor::testing::bigquery

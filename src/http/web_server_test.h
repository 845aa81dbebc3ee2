// A web server for tests, with routes as cpp-httplib has them.
#pragma once

#include <httplib.h>

#include <functional>
#include <string>
#include <thread>

namespace salvor::http {

// Listens on a port of 127.0.0.1 that the system picks, from construction to destruction.
class WebServer {
 public:
  explicit WebServer(const std::function<void(httplib::Server&)>& routes) {
    routes(server_);
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~WebServer() {
    server_.stop();
    thread_.join();
  }
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  [[nodiscard]] std::string Host() const { return "127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] std::string Url(const std::string& path) const { return "http://" + Host() + path; }

 private:
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace salvor::http

// A server for tests that says exactly the bytes it is told to, whole answers or not.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace salvor::http {

// Takes one connection after another, on a port that the system picks, and handles the nth as the
// nth act says, the last act for all that follow; then closes it.
class RawServer {
 public:
  class Connection;
  using Act = std::function<void(Connection&)>;

  explicit RawServer(std::vector<Act> acts) : acts_(std::move(acts)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    ::listen(listener_, 16);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ~RawServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  [[nodiscard]] int Port() const { return port_; }
  [[nodiscard]] std::string Url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/";
  }
  // Requests whose end has arrived.
  [[nodiscard]] int Requests() const { return requests_; }

  // All that was read.
  [[nodiscard]] std::string Text() {
    const std::lock_guard lock(mutex_);
    return text_;
  }

  class Connection {
   public:
    Connection(RawServer& server, int socket) : server_(server), socket_(socket) {}
    // One request without a body, or with as many bytes as Content-Length says.
    bool Read() {
      std::string text;
      while (!Complete(text)) {
        if (!Wait()) return false;
        std::array<char, 4096> buffer{};
        const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), 0);
        if (got <= 0) return false;
        text.append(buffer.data(), static_cast<size_t>(got));
      }
      const std::lock_guard lock(server_.mutex_);
      server_.text_ += text;
      ++server_.requests_;
      return true;
    }
    void Write(std::string_view bytes) const {
      while (!bytes.empty()) {
        const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        bytes.remove_prefix(static_cast<size_t>(sent));
      }
    }
    // Until there is something to read, or the other side hung up; false when the server stops.
    [[nodiscard]] bool Wait() const {
      while (!server_.stopping_) {
        pollfd poll{socket_, POLLIN, 0};
        if (::poll(&poll, 1, 10) > 0) return true;
      }
      return false;
    }

   private:
    static bool Complete(const std::string& text) {
      const size_t end = text.find("\r\n\r\n");
      if (end == std::string::npos) return false;
      const size_t length = text.find("Content-Length: ");
      const size_t body = length < end ? std::stoul(text.substr(length + 16)) : 0;
      return text.size() >= end + 4 + body;
    }

    RawServer& server_;
    int socket_;
  };

  static constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

  // Reads a request, then closes without a word.
  static Act Close() {
    return [](Connection& connection) { connection.Read(); };
  }
  static Act Say(std::string bytes) {
    return [bytes = std::move(bytes)](Connection& connection) {
      if (connection.Read()) connection.Write(bytes);
    };
  }
  static Act Ok() { return Say(std::string(kOk)); }
  // Answers the first request, reads the second one on the same connection and closes.
  static Act KeepThenClose() {
    return [](Connection& connection) {
      if (!connection.Read()) return;
      connection.Write(kOk);
      connection.Read();
    };
  }
  // Reads a request and keeps silent until the other side has had enough.
  static Act Stall() {
    return [](Connection& connection) {
      if (connection.Read()) static_cast<void>(connection.Wait());
    };
  }

 private:
  void Serve() {
    for (size_t number = 0; !stopping_;) {
      pollfd poll{listener_, POLLIN, 0};
      if (::poll(&poll, 1, 10) <= 0) continue;
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) continue;
      if (!acts_.empty()) {
        Connection connection(*this, socket);
        acts_[std::min(number++, acts_.size() - 1)](connection);
      }
      ::close(socket);
    }
  }

  std::vector<Act> acts_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> requests_ = 0;
  std::mutex mutex_;
  std::string text_;
  std::thread thread_;
};

}  // namespace salvor::http

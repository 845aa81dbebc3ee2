// HTTP on 127.0.0.1, one thread per connection, with the ways in which a network fails: an answer
// that is lost, or cut in the middle. The only part of the server that knows cpp-httplib.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/result.h"

namespace salvor::testing::bigquery {

struct HttpExchange {
  std::string method;
  std::string path;                            // decoded
  std::map<std::string, std::string> query;    // decoded
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

struct HttpAnswer {
  int status = 200;
  std::map<std::string, std::string> headers = {};
  std::string body = {};
  std::string content_type = "application/json; charset=UTF-8";
  enum class Delivery { kWhole, kNothing, kHalf } delivery = Delivery::kWhole;
};

class HttpServer {
 public:
  using Handler = std::function<HttpAnswer(const HttpExchange&)>;  // called by many threads at once

  explicit HttpServer(Handler handler);
  ~HttpServer();  // stops it
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens when it returns; port 0: the system picks one. Once only.
  Result<int> Start(int port);
  // Ends open connections and waits for their threads. May be called again.
  void Stop();

 private:
  class Listener;
  std::unique_ptr<Listener> listener_;
};

}  // namespace salvor::testing::bigquery

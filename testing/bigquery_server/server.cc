#include "testing/bigquery_server/server.h"

#include <date/date.h>

#include <chrono>
#include <utility>

#include "testing/bigquery_server/api_error.h"
#include "testing/bigquery_server/rest/http_server.h"
#include "testing/bigquery_server/rest/router.h"

namespace salvor::testing::bigquery {

namespace {

using Delivery = HttpAnswer::Delivery;

HttpAnswer Written(const Answer& answer) {
  HttpAnswer written;
  written.status = answer.status;
  written.headers = answer.headers;
  if (!answer.body.is_null()) {
    written.body = answer.body.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return written;
}

// RFC 9110, section 5.6.7.
std::string DateOf(int64_t millis) {
  const auto second = std::chrono::floor<std::chrono::seconds>(InstantOfMillis(millis));
  return date::format("%a, %d %b %Y %H:%M:%S GMT", second);
}

Answer Failure(std::string_view reason, std::string message) {
  const Json body = ErrorBody(ApiError(reason, std::move(message)), "internalError");
  return {body["error"]["code"].get<int>(), body};
}

// What a fault answers before anything has happened; nothing if the request is to be served.
std::optional<HttpAnswer> Spoilt(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::kLostBefore: {
      HttpAnswer lost;
      lost.delivery = Delivery::kNothing;
      return lost;
    }
    case Fault::Kind::kUnavailable:
      return Written(Failure(
          "backendError", "Error encountered during execution. Retrying may solve the problem."));
    case Fault::Kind::kInternal:
      return Written(Failure("internalError", "An internal error occurred."));
    case Fault::Kind::kTooMany: {
      HttpAnswer answer = Written(Failure(
          "rateLimitExceeded",
          "Exceeded rate limits: too many api requests per user per method for this user_method."));
      answer.status = 429;
      return answer;
    }
    case Fault::Kind::kExpiredToken:
      return Written(Failure(
          "authError",
          "Request had invalid authentication credentials. Expected OAuth 2 access token."));
    default:
      return std::nullopt;
  }
}

}  // namespace

struct Server::State {
  explicit State(const io::Clock& clock)
      : world(clock), http([this](const HttpExchange& exchange) { return Handle(exchange); }) {}

  HttpAnswer Handle(const HttpExchange& exchange) {
    Call call;
    call.method = exchange.method;
    call.path = exchange.path;
    call.query = exchange.query;
    call.headers = exchange.headers;
    call.body = exchange.body;
    call.host = call.Header("host");
    if (const std::string instead = call.Header("x-http-method-override"); !instead.empty()) {
      call.method = instead;
    }
    std::unique_lock lock(world.mutex);
    call.lock = &lock;
    const bool counts = !exchange.path.starts_with("/salvor-test/");
    std::optional<Fault> fault;
    if (counts) fault = world.faults.Next(call.method, call.path, call.body);
    if (fault) {
      if (auto spoilt = Spoilt(*fault)) {
        ++world.meters.statuses[std::to_string(spoilt->status)];
        return *std::move(spoilt);
      }
    }
    if (fault && fault->kind == Fault::Kind::kAborted) ++world.aborted_commits;
    HttpAnswer answer = Answered(call);
    answer.headers.emplace("Date", DateOf(world.clock.NowMs()));
    if (counts) ++world.meters.statuses[std::to_string(answer.status)];
    if (fault) Damage(*fault, answer, lock);
    return answer;
  }

  HttpAnswer Answered(Call& call) {
    if (const Status status = world.CatchUp(); !status) {
      return Written(Failure("internalError", status.error().Message()));
    }
    return Written(Serve(world, call));
  }

  static void Miscount(std::string& body) {
    constexpr std::string_view kMember = "\"copiedRows\":\"";
    for (size_t at = body.find(kMember); at != std::string::npos; at = body.find(kMember, at)) {
      at += kMember.size();
      const size_t end = body.find('"', at);
      body.replace(at, end - at, std::to_string(std::stoll(body.substr(at, end - at)) + 1));
    }
  }

  void Damage(const Fault& fault, HttpAnswer& answer, std::unique_lock<std::mutex>& lock) {
    if (fault.kind == Fault::Kind::kLostAfter) answer.delivery = Delivery::kNothing;
    if (fault.kind == Fault::Kind::kHalfBody) answer.delivery = Delivery::kHalf;
    if (fault.kind == Fault::Kind::kMiscount) Miscount(answer.body);
    if (fault.kind == Fault::Kind::kUnavailableAfter) {
      answer = Written(Failure("backendError", "Error encountered during execution."));
    }
    if (fault.kind == Fault::Kind::kSlow) {
      lock.unlock();
      world.clock.Sleep(fault.millis);
    }
  }

  World world;
  HttpServer http;
  int port = 0;
};

Server::Server(const io::Clock& clock) : state_(std::make_unique<State>(clock)) {}

Server::~Server() { Stop(); }

Status Server::Start(int port) {
  SALVOR_OK(RegisterLanguage(state_->world));
  SALVOR_TRY(state_->port, state_->http.Start(port));
  return Done{};
}

void Server::Stop() { state_->http.Stop(); }

int Server::Port() const { return state_->port; }

std::string Server::Url() const { return "http://127.0.0.1:" + std::to_string(state_->port); }

void Server::AdvanceClock(int64_t millis) {
  const std::lock_guard lock(state_->world.mutex);
  state_->world.clock.Advance(millis);
  (void)state_->world.CatchUp();
}

int64_t Server::NowMs() {
  const std::lock_guard lock(state_->world.mutex);
  return state_->world.clock.NowMs();
}

void Server::AddFault(Fault fault) {
  const std::lock_guard lock(state_->world.mutex);
  state_->world.faults.Add(std::move(fault));
}

void Server::ClearFaults() {
  const std::lock_guard lock(state_->world.mutex);
  state_->world.faults.Clear();
}

Status Server::SetSilence(std::string_view name, std::string_view answer) {
  const std::lock_guard lock(state_->world.mutex);
  return state_->world.silences.Set(name, answer);
}

void Server::SetDurations(const Durations& durations) {
  const std::lock_guard lock(state_->world.mutex);
  state_->world.durations = durations;
}

void Server::SetQuotas(const Quotas& quotas) {
  const std::lock_guard lock(state_->world.mutex);
  state_->world.quotas = quotas;
}

void Server::DemandKey() {
  const std::lock_guard lock(state_->world.mutex);
  state_->world.demands_key = true;
}

Meters Server::Spent() {
  const std::lock_guard lock(state_->world.mutex);
  return state_->world.meters;
}

void Server::ResetMeters() {
  const std::lock_guard lock(state_->world.mutex);
  state_->world.meters = {};
}

}  // namespace salvor::testing::bigquery

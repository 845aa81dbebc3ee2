#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/text.h"
#include "config/load.h"
#include "io/person.h"

namespace salvor::cli {
namespace {

// A warehouse's name that salvor.yaml does not know would otherwise be called an absent folder.
Status CheckIsNoName(const config::Config& config, const std::string& table) {
  const size_t colon = table.find(':');
  if (colon == std::string::npos || table.find('/') < colon) return Done{};
  std::string known;
  for (const config::Warehouse& one : config.warehouses) {
    known += (known.empty() ? "" : ", ") + one.name;
  }
  return Fail(
      Code::kNotFound,
      "there is no warehouse '" + table.substr(0, colon) + "'" +
          (config.path.empty() ? ": no salvor.yaml was found here or above" : " in " + config.path),
      table, known.empty() ? "Name the table by its path" : "It has " + known);
}

}  // namespace

const EngineRow& Session::EngineOf(std::string_view address) const {
  return *std::find_if(engines_.begin(), engines_.end() - 1,
                       [&](const EngineRow& engine) { return address.starts_with(engine.scheme); });
}

std::string Session::Who() const { return io::UserName(); }

void Session::Say(const std::string& text, nlohmann::json document) {
  if (switches_.json) {
    said_ = std::move(document);
    return;
  }
  progress_.Clear();
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Session::Close(const Error* error) {
  if (!said_ && (!switches_.json || error == nullptr)) return;
  nlohmann::json document = said_ ? *std::move(said_) : nlohmann::json::object();
  if (error != nullptr) {
    if (!document.is_object()) document = {{"result", std::move(document)}};
    document["error"] = {{"code", CodeName(error->code)},
                         {"what", error->what},
                         {"where", error->where},
                         {"next", error->next}};
  }
  const std::string out =
      PrintableJson(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)) + "\n";
  std::fwrite(out.data(), 1, out.size(), stdout);
}

void Session::Tell(const std::string& message) {
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fputc('\n', stderr);
}

Result<const config::Config*> Session::Config() {
  if (config_) return &*config_;
  const bool named = !switches_.config.empty();
  std::string path = switches_.config;
  if (!named) {
    SALVOR_TRY(const auto found,
               config::FindConfig(world_.fs, ".", world_.environment.ValueOf("HOME")));
    path = found.value_or("");
  }
  if (path.empty()) return &config_.emplace();
  SALVOR_TRY(config_, config::LoadConfig(world_.fs, path, named));
  return &*config_;
}

Result<Instant> Session::NowOf(const model::TableIdentity& table) {
  const EngineRow& engine = EngineOf(table.uri);
  return engine.now ? engine.now(*this) : world_.clock.Now();
}

Result<model::Identity> Session::Identify(const std::string& address) {
  if (const EngineRow& engine = EngineOf(address); engine.principal) {
    SALVOR_TRY(std::string principal, engine.principal(*this));
    if (!principal.empty()) {
      return model::Identity{model::IdentityKind::kPrincipal, std::move(principal)};
    }
  }
  return model::Identity{model::IdentityKind::kOsUser, io::UserName()};
}

void Session::Warn(const std::string& message) const {
  const bool red = io::IsTerminal(STDERR_FILENO) && world_.environment.ValueOf("NO_COLOR").empty();
  Tell(red ? "\x1b[1;31m" + Printable(message) + "\x1b[0m" : Printable(message));
}

Result<std::string> Session::AddressOf(const std::string& table) {
  SALVOR_TRY(const config::Config* config, Config());
  SALVOR_TRY(const auto resolved, config::ResolveTable(*config, table));
  return resolved ? resolved->address : table;
}

Result<std::unique_ptr<warehouse::Engine>> Session::OpenTable(const std::string& table,
                                                              const TableWishes& wishes) {
  SALVOR_TRY(const std::string address, AddressOf(table));
  const EngineRow& engine = EngineOf(address);
  if (engine.scheme.empty()) {
    SALVOR_TRY(const auto info, world_.fs.Stat(address));
    if (!info && address == table) SALVOR_OK(CheckIsNoName(*config_, table));
  }
  return engine.open(*this, address, wishes);
}

Status Session::Confirm(const std::string& action, const std::string& name, bool yes) const {
  if (yes) return Done{};
  if (switches_.no_input || !io::IsTerminal(STDIN_FILENO)) {
    return Fail(
        Code::kRefused,
        fmt::format("{} {} must be confirmed, and there is no terminal to ask on", action, name),
        {}, "Give --yes if you are sure");
  }
  const auto answer =
      io::AskLine(fmt::format("{} {}. Type the table's name to go on: ", action, Printable(name)));
  if (answer == name) return Done{};
  return Fail(Code::kRefused, "that is not the table's name: nothing was done", name);
}

}  // namespace salvor::cli

#include "workspace/workspace.h"

#include <algorithm>

#include "config/load.h"
#include "io/terminal.h"

namespace salvor::workspace {
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

const EngineRow& Workspace::EngineOf(std::string_view address) const {
  return *std::find_if(engines_.begin(), engines_.end() - 1,
                       [&](const EngineRow& engine) { return address.starts_with(engine.scheme); });
}

Result<const config::Config*> Workspace::Config() {
  if (config_) return &*config_;
  const bool named = !settings_.config.empty();
  std::string path = settings_.config;
  if (!named) {
    SALVOR_TRY(const auto found,
               config::FindConfig(world_.fs, ".", world_.environment.ValueOf("HOME")));
    path = found.value_or("");
  }
  if (path.empty()) return &config_.emplace();
  SALVOR_TRY(config_, config::LoadConfig(world_.fs, path, named));
  return &*config_;
}

Result<Instant> Workspace::NowOf(const model::TableIdentity& table) {
  const EngineRow& engine = EngineOf(table.uri);
  return engine.now ? engine.now(*this) : world_.clock.Now();
}

Result<model::Identity> Workspace::Identify(const std::string& address) {
  if (const EngineRow& engine = EngineOf(address); engine.principal) {
    SALVOR_TRY(std::string principal, engine.principal(*this));
    if (!principal.empty()) {
      return model::Identity{model::IdentityKind::kPrincipal, std::move(principal)};
    }
  }
  return model::Identity{model::IdentityKind::kOsUser, io::UserName()};
}

Result<std::string> Workspace::AddressOf(const std::string& table) {
  SALVOR_TRY(const config::Config* config, Config());
  SALVOR_TRY(const auto resolved, config::ResolveTable(*config, table));
  return resolved ? resolved->address : table;
}

Result<std::unique_ptr<warehouse::Engine>> Workspace::OpenTable(const std::string& table,
                                                                const EngineFlags& flags) {
  SALVOR_TRY(const std::string address, AddressOf(table));
  const EngineRow& engine = EngineOf(address);
  if (engine.scheme.empty()) {
    SALVOR_TRY(const auto info, world_.fs.Stat(address));
    if (!info && address == table) SALVOR_OK(CheckIsNoName(*config_, table));
  }
  return engine.open(*this, address, flags);
}

}  // namespace salvor::workspace

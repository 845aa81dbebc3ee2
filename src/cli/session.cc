#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "base/text.h"
#include "delta/engine.h"
#include "io/person.h"

namespace salvor::cli {

std::string Session::Who() const { return io::UserName(); }

void Session::Say(const std::string& text, const nlohmann::json& document) const {
  progress_.Clear();
  const std::string out =
      switches_.json ? document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                     : text;
  std::fwrite(out.data(), 1, out.size(), stdout);
}

void Session::Tell(const std::string& message) {
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fputc('\n', stderr);
}

Result<std::unique_ptr<warehouse::Engine>> Session::OpenTable(const std::string& table) const {
  if (table.starts_with("bigquery:")) {
    return Fail(Code::kUnsupported, "this version of salvor does not speak to BigQuery yet", table);
  }
  SALVOR_TRY(auto info, fs_.Stat(table));
  if (!info && table.find(':') != std::string::npos && table.find('/') == std::string::npos) {
    return Fail(
        Code::kUnsupported,
        "this version of salvor does not read salvor.yaml, so it knows no warehouse by name", table,
        "Name the table by its path");
  }
  return delta::MakeEngine(fs_, clock_, progress_, table);
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

#include "cli/session.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

#include "base/text.h"
#include "io/terminal.h"

namespace salvor::cli {

size_t Session::Width() { return io::TerminalWidth(STDOUT_FILENO); }

std::string Session::Who() { return io::UserName(); }

void Session::Say(const std::string& text, nlohmann::json document) {
  if (json_) {
    said_ = std::move(document);
    return;
  }
  progress_.Clear();
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void Session::SayInParts(const std::string& text, WriteDocument write) {
  if (!json_) return Say(text, nlohmann::json());
  write_ = std::move(write);
}

void Session::Close(const Error* error) {
  if (!said_ && !write_ && (!json_ || error == nullptr)) return;
  const nlohmann::json failure = error == nullptr ? nlohmann::json()
                                                  : nlohmann::json{{"code", CodeName(error->code)},
                                                                   {"what", error->what},
                                                                   {"where", error->where},
                                                                   {"next", error->next}};
  const auto print = [](std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
  };
  if (write_) return write_(failure, print);
  nlohmann::json document = said_ ? *std::move(said_) : nlohmann::json::object();
  if (error != nullptr) {
    if (!document.is_object()) document = {{"result", std::move(document)}};
    document["error"] = failure;
  }
  print(PrintableJson(document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace)) +
        "\n");
}

void Session::Tell(const std::string& message) {
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fputc('\n', stderr);
}

void Session::Warn(const std::string& message) const {
  const bool red =
      io::IsTerminal(STDERR_FILENO) && Outside().environment.ValueOf("NO_COLOR").empty();
  Tell(red ? "\x1b[1;31m" + Printable(message) + "\x1b[0m" : Printable(message));
}

Status Session::Confirm(const std::string& action, const std::string& name, bool yes) const {
  if (yes) return Done{};
  if (no_input_ || !io::IsTerminal(STDIN_FILENO)) {
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

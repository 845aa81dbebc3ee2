// What every command is handed: the workspace, the two output streams, and the switches that all
// share.
#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"
#include "cli/terminal_progress.h"
#include "workspace/workspace.h"

namespace salvor::cli {

struct Switches {
  bool json = false;
  bool no_input = false;
  workspace::Settings workspace = {};
};

class Session : public workspace::Workspace {
 public:
  Session(const workspace::World& world, TerminalProgress& progress, const Switches& switches,
          std::vector<workspace::EngineRow> engines)
      : Workspace(world, progress, switches.workspace, std::move(engines)),
        progress_(progress),
        json_(switches.json),
        no_input_(switches.no_input) {}

  [[nodiscard]] bool Json() const { return json_; }
  [[nodiscard]] bool NoInput() const { return no_input_; }
  // Columns of the terminal that results go to; 0 where they go elsewhere.
  [[nodiscard]] static size_t Width();
  // The person's name, as the system knows it.
  [[nodiscard]] static std::string Who();

  // A result, on standard output: the text, or with --json the document, which Close prints. Once a
  // command.
  void Say(const std::string& text, nlohmann::json document);
  // The same of a document that is too long to be held: `write` has it written, with the error that
  // ended the command as its member, null if none did.
  using WriteDocument = std::function<void(const nlohmann::json& error,
                                           const std::function<void(std::string_view)>&)>;
  void SayInParts(const std::string& text, WriteDocument write);
  // With --json: prints the one document of this command, what was said and the error that ended
  // it, if any.
  void Close(const Error* error);
  // A message, on standard error; made printable.
  static void Tell(const std::string& message);
  // What must be seen even by those who read nothing else: red on a terminal, unless NO_COLOR.
  void Warn(const std::string& message) const;
  // Asks for the table's name on a terminal, unless `yes`. kRefused without a terminal or with
  // another answer.
  [[nodiscard]] Status Confirm(const std::string& action, const std::string& name, bool yes) const;

 private:
  TerminalProgress& progress_;
  const bool json_;
  const bool no_input_;
  std::optional<nlohmann::json> said_;  // only with --json
  WriteDocument write_;                 // likewise
};

// What a command line asks for, to be run once the switches are known.
using Action = std::function<Result<Exit>(Session&)>;

}  // namespace salvor::cli

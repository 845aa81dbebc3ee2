#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/fields.h"
#include "config/sections.h"
#include "io/fs.h"

namespace salvor::config {
namespace {

constexpr std::array<std::string_view, 3> kKinds{"jira", "bugzilla", "github"};

// What each kind cannot do without.
Status CheckNeeded(const Fields& fields, const Tickets& tickets) {
  const auto need = [&](const char* key, const std::string& value) -> Status {
    if (!value.empty()) return Done{};
    return fields.Wrong(key, fmt::format("is missing: {} needs it", tickets.kind));
  };
  if (tickets.kind == "jira") return need("project", tickets.project);
  if (tickets.kind == "github") return need("repository", tickets.repository);
  SALVOR_OK(need("product", tickets.product));
  return need("component", tickets.component);
}

Status ReadToken(const Fields& fields, Tickets& tickets) {
  const YamlNode* token = fields.Find("token");
  if (token == nullptr) return fields.Wrong("token", "is missing");
  if (token->kind == YamlNode::Kind::kScalar) {
    return fields.Wrong("token", "must not stand here itself",
                        "Write {file: PATH} or {command: [PROGRAM, ARGUMENT]}");
  }
  SALVOR_TRY(const Fields inner,
             Fields::Of(*token, fields.Name() + ".token", fields.Path(), {"file", "command"}));
  SALVOR_TRY(std::string file, inner.Text("file"));
  SALVOR_TRY(tickets.token_command, inner.Texts("command"));
  if (file.empty() == tickets.token_command.empty()) {
    return inner.Wrong("file", "or command must be there, and not both");
  }
  tickets.token_file = FromFolderOf(fields.Path(), std::move(file));
  return Done{};
}

Result<bool> ReadRedact(const Fields& fields) {
  const YamlNode* node = fields.Find("redact");
  if (node == nullptr) return false;
  if (node->kind == YamlNode::Kind::kScalar && !node->quoted) {
    if (node->text == "true") return true;
    if (node->text == "false") return false;
  }
  return fields.Wrong("redact", "must be true or false");
}

}  // namespace

std::string FromFolderOf(const std::string& file, std::string path) {
  if (path.empty() || path.starts_with('/')) return path;
  while (path.starts_with("./")) path.erase(0, 2);
  const std::string folder = io::ParentPath(file);
  return path.empty() || path == "." ? folder : io::JoinPath(folder, path);
}

Result<Tickets> ReadTickets(const YamlNode& node, const std::string& path) {
  SALVOR_TRY(const Fields fields,
             Fields::Of(node, "tickets", path,
                        {"kind", "url", "project", "issue_type", "api", "user", "product",
                         "component", "version", "repository", "token", "redact"}));
  Tickets tickets;
  SALVOR_TRY(tickets.kind, fields.RequiredText("kind"));
  if (std::find(kKinds.begin(), kKinds.end(), tickets.kind) == kKinds.end()) {
    return fields.Wrong("kind", fmt::format("is no tracker that there is: '{}'", tickets.kind),
                        fmt::format("The nearest is '{}'; there are jira, bugzilla, github",
                                    Nearest(tickets.kind, {kKinds.begin(), kKinds.end()})));
  }
  SALVOR_TRY(tickets.url, fields.RequiredText("url"));
  SALVOR_TRY(tickets.project, fields.Text("project"));
  SALVOR_TRY(tickets.issue_type, fields.Text("issue_type"));
  SALVOR_TRY(const auto api, fields.Integer("api", 2, 3));
  tickets.api = api.value_or(3);
  SALVOR_TRY(tickets.user, fields.Text("user"));
  SALVOR_TRY(tickets.product, fields.Text("product"));
  SALVOR_TRY(tickets.component, fields.Text("component"));
  SALVOR_TRY(tickets.version, fields.Text("version"));
  SALVOR_TRY(tickets.repository, fields.Text("repository"));
  SALVOR_OK(ReadToken(fields, tickets));
  SALVOR_TRY(tickets.redact, ReadRedact(fields));
  SALVOR_OK(CheckNeeded(fields, tickets));
  return tickets;
}

}  // namespace salvor::config

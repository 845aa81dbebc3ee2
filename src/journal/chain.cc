#include "journal/chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "model/document.h"

namespace salvor::journal {
namespace {

std::string_view KindName(Kind kind) {
  switch (kind) {
    case Kind::kIntent:
      return "intent";
    case Kind::kOutcome:
      return "outcome";
    case Kind::kNote:
      return "note";
  }
  return "note";
}

Result<Kind> ParseKind(std::string_view name) {
  for (const Kind kind : {Kind::kIntent, Kind::kOutcome, Kind::kNote}) {
    if (KindName(kind) == name) return kind;
  }
  return Fail(Code::kCorrupt, "no such kind of line: " + std::string(name));
}

using Json = nlohmann::json;

// Canonical JSON of one line, without the newline.
std::string LineBytes(const Json& json) {
  std::string bytes = model::Canonical(json);
  bytes.pop_back();
  return bytes;
}

Json WithoutHash(const Line& line) {
  return {{"at", FormatInstant(line.at)},
          {"data", line.entry.data},
          {"kind", KindName(line.entry.kind)},
          {"n", line.number},
          {"prev", line.previous},
          {"step", line.entry.step}};
}

Result<Line> ParseLine(std::string_view bytes) {
  SALVOR_TRY(const Json json, model::ParseDocument(bytes, "it"));
  Line line;
  SALVOR_TRY(line.number, model::IntegerField(json, "n"));
  SALVOR_TRY(line.at, model::InstantField(json, "at"));
  SALVOR_TRY(line.entry.step, model::TextField(json, "step"));
  SALVOR_TRY(const std::string kind, model::TextField(json, "kind"));
  SALVOR_TRY(line.entry.kind, ParseKind(kind));
  SALVOR_TRY(line.entry.data, model::ObjectField(json, "data"));
  SALVOR_TRY(line.previous, model::TextField(json, "prev"));
  SALVOR_TRY(const std::string hash, model::TextField(json, "hash"));
  // Written anew it must be the same bytes: no field more, no other order, no other spelling.
  std::string again = FormatLine(line);
  again.pop_back();
  if (line.hash != hash) return Fail(Code::kCorrupt, "its hash does not fit what it says");
  if (again != bytes) return Fail(Code::kCorrupt, "it is not spelled as salvor writes it");
  return line;
}

// What is wrong with the line's place in the chain; empty if nothing is.
std::string WrongPlace(const Line& line, const std::vector<Line>& before,
                       std::string_view plan_digest) {
  if (before.empty() && line.previous != plan_digest) {
    return "it does not begin with the digest of this plan.json: the plan was changed, or the "
           "journal "
           "belongs to another case";
  }
  if (!before.empty() && line.previous != before.back().hash) {
    return "it does not follow from the line before it";
  }
  const int64_t expected = static_cast<int64_t>(before.size()) + 1;
  if (line.number != expected) return fmt::format("it is numbered {}", line.number);
  return "";
}

}  // namespace

std::string FormatLine(Line& line) {
  // Once through text, so that what is hashed is what can be read back.
  Json json = Json::parse(LineBytes(WithoutHash(line)), nullptr, /*allow_exceptions=*/false);
  line.entry.data = json["data"];
  line.entry.step = json["step"].get<std::string>();
  line.hash = Sha256Hex(LineBytes(json));
  json["hash"] = line.hash;
  return LineBytes(json) + "\n";
}

PartialChain ParseChainSoFar(std::string_view bytes, std::string_view plan_digest,
                             const std::string& path) {
  PartialChain partial;
  Chain& chain = partial.chain;
  while (true) {
    const std::string_view rest = bytes.substr(static_cast<size_t>(chain.whole_bytes));
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      chain.torn_bytes = static_cast<int64_t>(rest.size());
      return partial;
    }
    auto line = ParseLine(rest.substr(0, end));
    std::string wrong = line ? WrongPlace(*line, chain.lines, plan_digest) : line.error().what;
    if (!wrong.empty()) {
      const size_t number = chain.lines.size() + 1;
      partial.broken =
          Error{Code::kCorrupt, fmt::format("the journal's line {} was altered: {}", number, wrong),
                fmt::format("{}:{}", path, number),
                "Restore the case's files from where they were kept before"};
      return partial;
    }
    chain.lines.push_back(*std::move(line));
    chain.whole_bytes += static_cast<int64_t>(end) + 1;
  }
}

Result<Chain> ParseChain(std::string_view bytes, std::string_view plan_digest,
                         const std::string& path) {
  PartialChain partial = ParseChainSoFar(bytes, plan_digest, path);
  if (partial.broken) return Fail(*std::move(partial.broken));
  return std::move(partial.chain);
}

const Line* FindLast(const std::vector<Line>& lines, std::string_view step, Kind kind) {
  const auto found = std::find_if(lines.rbegin(), lines.rend(), [&](const Line& line) {
    return line.entry.kind == kind && line.entry.step == step;
  });
  return found == lines.rend() ? nullptr : &*found;
}

}  // namespace salvor::journal

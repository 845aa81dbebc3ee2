// A world in which credentials are found: answers by URL, programs by name, files and variables.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "objects/aws/default_credentials.h"
#include "testing/mem_fs.h"
#include "testing/scripted_clock.h"
#include "testing/scripted_environment.h"

namespace salvor::objects::aws {

// Answers each URL as it was told to; nobody is at any other.
class ScriptedClient final : public http::Client {
 public:
  void On(const std::string& url, int status, std::string body) {
    answers_[url] = {status, {}, std::move(body)};
  }
  Result<http::Response> Send(const http::Request& request) override {
    seen.push_back(request);
    const auto found = answers_.find(request.url);
    if (found == answers_.end()) return Fail(Code::kUnavailable, "nobody is there");
    return found->second;
  }

  std::vector<http::Request> seen;

 private:
  std::map<std::string, http::Response> answers_;
};

class ScriptedProcesses final : public io::Processes {
 public:
  Result<io::CommandResult> Run(const io::Command& command) override {
    seen.push_back(command.words);
    return result;
  }
  Result<std::unique_ptr<io::RunningProgram>> Start(const io::Command& /*command*/) override {
    return Fail(Code::kNotFound, "no such program");
  }

  io::CommandResult result;
  std::vector<std::vector<std::string>> seen;
};

struct AwsScene {
  ScriptedClient client;
  testing::ScriptedClock clock{*ParseInstant("2026-03-04T05:06:07Z")};
  testing::MemFs fs{clock};
  testing::ScriptedEnvironment environment{{"HOME", "/h"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  ScriptedProcesses processes;
  Outside outside{client, fs, environment, clock, processes};

  Result<std::unique_ptr<Credentials>> FindAny(const std::string& profile = {}) {
    SALVOR_TRY(const Profiles profiles, Profiles::Load(fs, environment));
    return FindCredentials(outside, profiles, profile);
  }
  // "id secret token", or the error.
  std::string Found(const std::string& profile = {}) {
    const auto credentials = FindAny(profile);
    if (!credentials) return credentials.error().Message();
    const auto keys = (*credentials)->Get();
    if (!keys) return keys.error().Message();
    return keys->id + " " + keys->secret + " " + keys->token;
  }
};

}  // namespace salvor::objects::aws

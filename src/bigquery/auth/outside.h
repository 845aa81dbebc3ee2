// What credentials need from the world.
#pragma once

#include <string>
#include <vector>

#include "http/client.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/fs.h"
#include "io/process.h"

namespace salvor::bigquery::auth {

// All of it outlives the credentials that are made with it, and may be used by several threads.
struct Outside {
  http::Client& client;  // without credentials of its own, and not repeating
  const io::FsReader& files;
  const io::Environment& environment;
  const io::Clock& clock;
  io::Processes& processes;
  // What the tokens may be used for:
  // https://developers.google.com/identity/protocols/oauth2/scopes.
  std::vector<std::string> scopes = {"https://www.googleapis.com/auth/cloud-platform"};
  // Where Google tells whose a token is.
  std::string token_info_url = "https://oauth2.googleapis.com/tokeninfo";
};

}  // namespace salvor::bigquery::auth

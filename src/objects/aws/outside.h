// What credentials need from the world.
#pragma once

#include "http/client.h"
#include "io/clock.h"
#include "io/environment.h"
#include "io/fs.h"
#include "io/process.h"

namespace salvor::objects::aws {

// All of it outlives what is made with it, and may be used by several threads.
struct Outside {
  http::Client& client;  // without credentials of its own, and not repeating
  const io::FsReader& files;
  const io::Environment& environment;
  const io::Clock& clock;
  io::Processes& processes;
};

}  // namespace salvor::objects::aws

// The server as a program: its flags, its first line, its end.
#pragma once

namespace salvor::testing::bigquery {

// Prints BIGQUERY_EMULATOR_HOST=... as its first line and serves until SIGTERM, SIGINT, or the end
// of standard input where --until-stdin-closes was given. 0 on a clean end, 2 when used wrongly.
int RunServerProgram(int argc, char** argv);

}  // namespace salvor::testing::bigquery

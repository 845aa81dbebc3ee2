#include "testing/bigquery_server/program.h"

int main(int argc, char** argv) { return salvor::testing::bigquery::RunServerProgram(argc, argv); }

// colortouchd: the sync server.
#include "app/server/commands.h"

int main(int argc, char** argv) { return ct::app::run_server_program(argc, argv); }

/* A program that stands in for any service: it logs its start and the signals it gets, and takes SHUTDOWN_MS
 * milliseconds to clean up on a stop signal before it exits. With -DDEFAULT_DISPOSITIONS it installs no handler, -DDEAF: it logs its
 * signals and goes on, -DQUICK: it ends on them without cleaning up, -DJOB: it ends by itself, at once.
 *
 * The log is /run/stand-ins/log; each line is: start time in ns (the process's name in the log), program, PID, event.
 * Events: ready, job, signal N, done. Arguments are ignored, but for words that mark a command as a short job, and for
 * what /run/stand-ins/rules says; each of its lines is: program, TAB, what it does, TAB, text. `stays` in the foreground
 * or `leaves` for the background where the arguments hold the text (the first that fits); `stops`, for all programs: the
 * number of one more signal that ends them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char prefix[256];
static size_t prefix_length;
static int log_file;
#ifndef DEFAULT_DISPOSITIONS
static int exit_code;
static volatile sig_atomic_t stopping;
#endif

/* Commands that end by themselves whatever program they are given to: migrations, checks, versions. */
static const char *const jobs[] = {"--version", "-v", "-V", "--help", "check", "collectstatic", "configtest", "db:migrate",
                                   "install", "makemigrations", "migrate", "upgrade", NULL};

/* One write a line, so that lines of several processes do not mix; safe in a signal handler. */
static void log_event(const char *event, int number)
{
    char line[320], digits[4];
    size_t at = prefix_length, count = 0;
    memcpy(line, prefix, prefix_length);
    memcpy(line + at, event, strlen(event));
    at += strlen(event);
    if (number > 0) {
        line[at++] = ' ';
        for (; number > 0; number /= 10)
            digits[count++] = '0' + number % 10;
        while (count > 0)
            line[at++] = digits[--count];
    }
    line[at++] = '\n';
    if (write(log_file, line, at) < 0)
        _exit(111);
}

#ifndef DEFAULT_DISPOSITIONS

/* Those that end it; /run/stand-ins/rules can name one more. The others it logs, and goes on. */
static int stops[] = {SIGTERM, SIGINT, SIGQUIT, 0, 0};
static const int others[] = {SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGALRM, SIGPWR, 0};

static void on_other(int number)
{
    log_event("signal", number);
}

static void on_stop(int number)
{
    struct timespec left = {SHUTDOWN_MS / 1000, SHUTDOWN_MS % 1000 * 1000000L};
    log_event("signal", number);
#ifdef QUICK
    _exit(exit_code);
#endif
#ifndef DEAF
    if (stopping)
        return;
    stopping = 1;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    log_event("done", 0);
    _exit(exit_code);
#else
    (void)left;
#endif
}

static void install(const int *numbers, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    for (; *numbers; numbers++)
        sigaction(*numbers, &action, NULL);
}

#endif

static int is_job(char **arguments)
{
    for (; *arguments; arguments++)
        for (const char *const *job = jobs; *job; job++)
            if (strcmp(*arguments, *job) == 0)
                return 1;
    return 0;
}

/* Follow the rules; returns whether the program leaves for the background. */
static int obey_rules(const char *name, char **arguments)
{
    char all[4096] = " ", line[512];
    int answer = -1;
    FILE *rules = fopen("/run/stand-ins/rules", "re");
    if (!rules)
        return 0;
    for (; *arguments; arguments++) {
        strncat(all, *arguments, sizeof all - strlen(all) - 2);
        strcat(all, " ");
    }
    while (fgets(line, sizeof line, rules)) {
        char *program = strtok(line, "\t"), *what = strtok(NULL, "\t"), *text = strtok(NULL, "\n");
        if (!what || !text)
            continue;
#ifndef DEFAULT_DISPOSITIONS
        if (strcmp(what, "stops") == 0)
            stops[3] = atoi(text);
#endif
        if (answer < 0 && strcmp(program, name) == 0 && (strcmp(text, "*") == 0 || strstr(all, text)))
            answer = strcmp(what, "leaves") == 0;
    }
    fclose(rules);
    return answer > 0;
}

int main(int count, char **arguments)
{
    const char *slash = count > 0 ? strrchr(arguments[0], '/') : NULL;
    const char *name = slash ? slash + 1 : count > 0 ? arguments[0] : "?";
    struct timespec now;
#ifndef DEFAULT_DISPOSITIONS
    const char *code = getenv("APP_EXIT");
    exit_code = code ? atoi(code) : 0;
#endif

    if (obey_rules(name, arguments + 1)) {
        if (fork() != 0)
            return 0;
        setsid();
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    prefix_length = (size_t)snprintf(prefix, sizeof prefix, "%lld%09ld %.100s %d ", (long long)now.tv_sec, now.tv_nsec,
                                     name, (int)getpid());
    umask(0);
    log_file = open("/run/stand-ins/log", O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
    if (log_file < 0)
        return 112;
#ifdef JOB
    log_event("job", 0);
    return 0;
#endif
    if (count > 1 && is_job(arguments + 1)) {
        log_event("job", 0);
        return 0;
    }
#ifndef DEFAULT_DISPOSITIONS
    install(others, on_other);
    install(stops, on_stop);
#endif
    log_event("ready", 0);
    for (;;)
        pause();
}

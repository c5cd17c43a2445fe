/* A program that stands in for any service: it logs its start and the signals it gets, and takes half a second to
 * clean up on a stop signal before it exits. Built with -DDEFAULT_DISPOSITIONS it behaves as a program that has
 * installed no handler: it logs a signal and then lets the kernel do with it what it does by default. -DDEAF: it hears
 * its signals and goes on. -DJOB: it ends at once.
 *
 * The log is /run/stand-ins/log; each line is: start time in ns (the process's name in the log), program, PID, event.
 * Events: ready, job, signal N, done. Arguments are ignored, but for words that mark a command as a short job, and for
 * what /run/stand-ins/daemons says; each of its lines is: program, TAB, what it does, TAB, text. The first that fits
 * counts: `stays` in the foreground, or `leaves` for the background, where the arguments hold the text. */
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
static int log_file, exit_code;
static volatile sig_atomic_t stopping;

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

#ifdef DEFAULT_DISPOSITIONS

static const int watched[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, 0};

static void on_signal(int number)
{
    struct sigaction action;
    int saved = errno;
    sigset_t mask;
    log_event("signal", number);
    sigaction(number, NULL, &action);
    signal(number, SIG_DFL);
    sigemptyset(&mask);
    sigaddset(&mask, number);
    sigprocmask(SIG_UNBLOCK, &mask, NULL);
    kill(getpid(), number);
    /* Only PID 1 comes here: the kernel drops what PID 1 has no handler for. */
    sigaction(number, &action, NULL);
    errno = saved;
}

static int is_taken(int number)
{
    struct sigaction action;
    return sigaction(number, NULL, &action) == 0 && action.sa_handler != SIG_IGN;
}

#else

static const int watched[] = {SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGWINCH, SIGALRM, SIGPWR, 0};

static void on_signal(int number)
{
    struct timespec left = {0, 500000000};
    log_event("signal", number);
#ifdef DEAF
    stopping = 1;
#endif
    if (stopping)
        return;
    stopping = 1;
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
    log_event("done", 0);
    _exit(exit_code);
}

static int is_taken(int number)
{
    (void)number;
    return 1;
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

static int leaves(const char *name, char **arguments)
{
    char all[4096] = " ", line[512];
    int answer = 0;
    FILE *rules = fopen("/run/stand-ins/daemons", "re");
    if (!rules)
        return 0;
    for (; *arguments; arguments++) {
        strncat(all, *arguments, sizeof all - strlen(all) - 2);
        strcat(all, " ");
    }
    while (fgets(line, sizeof line, rules)) {
        char *program = strtok(line, "\t"), *what = strtok(NULL, "\t"), *text = strtok(NULL, "\n");
        if (what && strcmp(program, name) == 0 && strstr(all, text ? text : " ")) {
            answer = strcmp(what, "leaves") == 0;
            break;
        }
    }
    fclose(rules);
    return answer;
}

int main(int count, char **arguments)
{
    const char *slash = count > 0 ? strrchr(arguments[0], '/') : NULL;
    const char *name = slash ? slash + 1 : count > 0 ? arguments[0] : "?";
    const char *code = getenv("APP_EXIT");
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    struct timespec now;

    if (leaves(name, arguments + 1)) {
        if (fork() != 0)
            return 0;
        setsid();
    }
    clock_gettime(CLOCK_MONOTONIC, &now);
    exit_code = code ? atoi(code) : 0;
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
    sigemptyset(&action.sa_mask);
    for (const int *number = watched; *number; number++)
        if (is_taken(*number))
            sigaction(*number, &action, NULL);
#ifndef DEFAULT_DISPOSITIONS
    action.sa_handler = on_signal;
    sigaction(SIGRTMIN + 3, &action, NULL);
#endif
    log_event("ready", 0);
    for (;;)
        pause();
}

from pipeline.app.installation import share_of
from pipeline.settings import Settings


def test_downloads_checks_and_bytes_are_divided_and_never_down_to_nothing() -> None:
    settings = Settings.load(
        {
            "DOSSIERPOST_DOWNLOAD_WORKERS": "5",
            "DOSSIERPOST_VALIDATE_WORKERS": "1",
            "DOSSIERPOST_IN_FLIGHT_BYTES": "100000000",
            "DOSSIERPOST_MAX_DOCUMENT_BYTES": "40000000",
        }
    )

    two, three = share_of(settings, 2), share_of(settings, 3)

    assert (two.download_workers, two.validate_workers) == (2, 1)
    assert two.in_flight_bytes == 50_000_000
    assert three.in_flight_bytes == settings.max_document_bytes
    assert two.in_flight_documents == settings.in_flight_documents


def test_looking_into_documents_in_threads_stays_so() -> None:
    in_threads = Settings.load({"DOSSIERPOST_VALIDATE_WORKERS": "0"})

    assert share_of(in_threads, 2).validate_workers == 0


def test_one_process_has_all_of_it() -> None:
    settings = Settings.load({})

    assert share_of(settings, 1) == settings
